/** How much a folder holds: for the progress of a download and the size of the cache. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all files below a folder; links are not followed, a missing folder is empty. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    lstat(join(folder, name)).then(
      (entry) => (entry.isFile() ? entry.size : 0),
      () => 0, // gone meanwhile
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
