/** Writing a file so that a crash leaves the former one or the new one, never a half. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';

/** What a writer that was killed leaves behind: `NAME.PID.tmp`. */
const LEFTOVER = /\.\d+\.tmp$/;

/**
 * Writes to a temporary file beside `path`, syncs it to disk, then renames it over `path`.
 *
 * @throws UserError naming the file when it can't be written; what stood at `path` before is untouched then
 */
export function writeFileAtomic(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    const file = openSync(temporary, 'w');
    try {
      // One write may take less than all (a full disk, a signal).
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw unwritten(path, temporary, error);
  }
}

/** The same beside what the caller goes on with; two writes of one path must not overlap. */
export async function writeFileBehind(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw unwritten(path, temporary, error);
  }
}

function unwritten(path: string, temporary: string, error: unknown): UserError {
  rmSync(temporary, { force: true });
  const text = `cannot write ${path}: ${(error as Error).message}. Free space or choose another folder.`;
  return new UserError(text, { cause: error });
}

export function isLeftover(name: string): boolean {
  return LEFTOVER.test(name);
}

/** Removes what killed writers left in a folder; its lock must be held, or a living writer would lose its file. */
export function removeLeftovers(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter(isLeftover)) rmSync(join(folder, name), { force: true });
}

/** Without this, a power cut may lose the new name though the bytes are on disk. */
function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return; // Windows opens no folders, and needs no such call.
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // Some network file systems refuse it: the rename stands, later by their own doing.
  } finally {
    closeSync(descriptor);
  }
}
