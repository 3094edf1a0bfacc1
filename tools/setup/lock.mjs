/**
 * One set-up at a time in one checkout: the second waits for the first, and a dead one's lock is taken over.
 *
 * The lock is a file that names its holder's process. It appears by a hard link, so it never exists half written.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @template T
 * @param {string} path - the lock file
 * @param {() => Promise<T>} work
 * @param {{ pollMs?: number, onWait?: (holder: number) => void }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { pollMs = 500, onWait = () => {} } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    let told = false;
    while (!tryLink(own, path)) {
      const holder = readHolder(path);
      if (holder === undefined) continue; // given back just now
      if (!isAlive(holder)) {
        removeStale(path, holder);
        continue;
      }
      if (!told) onWait(holder);
      told = true;
      await sleep(pollMs);
    }
  } finally {
    rmSync(own, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} own @param {string} path */
function tryLink(own, path) {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} path @returns {number | undefined} */
function readHolder(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Moves the dead holder's lock aside before it is deleted: two waiters may both have seen it dead, and the slower must
 * not delete the lock that the faster has taken since.
 *
 * @param {string} path @param {number} holder
 */
function removeStale(path, holder) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // the other waiter was first
  }
  if (readHolder(aside) !== holder) tryLink(aside, path);
  rmSync(aside, { force: true });
}
