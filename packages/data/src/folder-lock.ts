/** One writer at a time for a folder: a file with the number of the process that writes. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * @returns what gives the folder free; undefined while another living process holds it
 */
export function lockFolder(folder: string): (() => void) | undefined {
  const file = join(folder, 'lock');
  const own = `${process.pid} ${hostname()}`;
  try {
    writeFileSync(file, own, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const [pid, host] = readFileSync(file, 'utf8').split(' ');
    // Whether a process of another machine lives, nobody here can tell.
    if (host !== hostname() || isAlive(Number(pid))) return undefined;
    // Left behind by a process that was killed.
    writeFileSync(file, own);
  }
  return () => rmSync(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
