/** Writing a file so that a crash leaves the former one or the new one, never a half. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/**
 * Writes to a temporary file beside `path`, syncs it to disk, then renames it over `path`.
 *
 * @throws Error naming the file when it can't be written; what stood at `path` before is untouched then
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
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(`cannot write ${path}: ${(error as Error).message}. Free space or choose another folder.`, {
      cause: error,
    });
  }
}
