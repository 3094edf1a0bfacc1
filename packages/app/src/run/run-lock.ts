/**
 * The lock of a run folder: one living trainer at a time.
 *
 * The lock is a file that names its holder. It appears by a hard link, so that it never exists half-written; a dead
 * holder's is moved aside before it is deleted, so that of two processes that both found it dead one alone gets it.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.js';

/** Name of the lock inside of the folder. */
export const LOCK_NAME = '.lock';

interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Boot and start of the process, where the system tells: a process id alone is given again. */
  readonly started?: string;
}

/**
 * Takes the run's lock; a lock whose process is gone is taken over.
 *
 * @returns a function that gives the lock back
 * @throws UserError while another living process holds it, or when the folder can't be written
 */
export function lockRun(path: string): () => void {
  const file = join(path, LOCK_NAME);
  const own = `${file}.${process.pid}.tmp`;
  const holder: LockHolder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const content = JSON.stringify(holder);
  try {
    writeFileSync(own, content);
  } catch (error) {
    throw new UserError(`${path} cannot be locked: ${(error as Error).message}. Free space or choose another folder.`);
  }
  try {
    while (!tryLink(own, file)) {
      refuseLocked(path);
      removeStale(file, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (readLock(file) === content) rmSync(file, { force: true });
  };
}

/** @throws UserError when a living process holds the folder's lock */
export function refuseLocked(path: string): void {
  const holder = livingHolder(readLock(join(path, LOCK_NAME)));
  if (holder) {
    throw new UserError(
      `${path} is in use by process ${holder.pid} on ${holder.host}. Wait for it or stop it; ` +
        `if it is surely gone, delete ${join(path, LOCK_NAME)}.`,
    );
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

function removeStale(file: string, own: string): void {
  const aside = `${own}.stale`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Given back or taken over just now.
  }
  // A living one, taken since it was looked at, goes back to its place.
  if (livingHolder(readLock(aside))) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A holder on another machine counts as living, since nobody here can tell. */
function livingHolder(content: string | undefined): LockHolder | undefined {
  let holder: Partial<LockHolder> | null;
  try {
    holder = JSON.parse(content ?? 'null') as Partial<LockHolder> | null;
  } catch {
    return undefined;
  }
  if (!Number.isSafeInteger(holder?.pid) || typeof holder?.host !== 'string') return undefined;
  const { pid, host, started } = holder as LockHolder;
  return host !== hostname() || isAlive(pid, started) ? { pid, host } : undefined;
}

function isAlive(pid: number, started: string | undefined): boolean {
  if (pid === process.pid) return started !== undefined && started === startOf(pid);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/** Linux: the boot and the clock tick at which a process began; undefined elsewhere. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22 [proc(5)]; the second field is a name in parentheses that may itself hold spaces and parentheses.
    const tick = status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot} ${tick}`;
  } catch {
    return undefined;
  }
}
