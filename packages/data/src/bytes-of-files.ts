/** How large files are together. */
import { statSync } from 'node:fs';

/** Sizes of files, summed; one that is not there counts nothing, and is named by who opens it. */
export function bytesOfFiles(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
