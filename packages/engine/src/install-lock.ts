/**
 * One installation at a time in one cache: the second waits for the first, and a dead one's lock is taken over.
 *
 * The lock is a file that names its holder. It appears by a hard link, so it never exists half-written.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A holder on another machine cannot be asked whether it lives: after this it counts as dead. */
const FOREIGN_LIFETIME_MS = 30 * 60_000;

export interface LockOptions {
  /** @defaultValue 500 */
  readonly pollMs?: number;
  /** Called once when another process holds the lock. */
  readonly onWait?: (holder: string) => void;
  readonly abort?: AbortSignal;
}

/** Does the work while holding the lock file, and gives it back whatever happens. */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { pollMs = 500, onWait, abort } = options;
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${randomUUID()}`;
  writeFileSync(own, `${process.pid} ${hostname()}`);
  try {
    let told = false;
    while (!tryLink(own, file)) {
      const holder = readHolder(file);
      if (holder === undefined) continue; // given back just now
      if (!isAlive(holder, file)) {
        removeStale(file, holder);
        continue;
      }
      if (!told) onWait?.(holder);
      told = true;
      await sleep(pollMs, undefined, { signal: abort });
    }
  } finally {
    rmSync(own, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLink(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(holder: string, file: string): boolean {
  const [pid, host] = holder.split(' ');
  if (host !== hostname()) {
    const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return Date.now() - modified < FOREIGN_LIFETIME_MS;
  }
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Moves the dead holder's lock aside before deleting it: two waiters may both have seen it dead, and the slower must not
 * delete the lock that the faster has taken since.
 */
function removeStale(file: string, holder: string): void {
  const aside = `${file}.stale.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // the other waiter was first
  }
  if (readHolder(aside) !== holder) tryLink(aside, file);
  rmSync(aside, { force: true });
}
