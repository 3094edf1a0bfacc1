/** Removal of all that an installation left: the engine, the package brought with it, and the links. */
import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { cacheFolder, lockFile, nativeFolder, packageFolder } from './cache.js';
import { folderBytes } from './folder-size.js';
import { withLock } from './install-lock.js';
import { removePartial } from './install.js';
import { findNativePackages, unlinkAddon } from './native-package.js';

export interface EngineRemoval {
  /** The cache folder, gone unless it holds something else. */
  readonly folder: string;
  /** Bytes given back. */
  readonly bytes: number;
}

/** Deletes the cached engine, after an installation under way has ended, and its links in packages within reach. */
export async function removeEngine(): Promise<EngineRemoval> {
  const folder = cacheFolder();
  if (!existsSync(folder)) return { folder, bytes: 0 };
  const before = await folderBytes(folder);
  await withLock(lockFile(), async () => {
    for (const { folder } of findNativePackages()) unlinkAddon(folder);
    await removePartial();
    for (const part of [nativeFolder(), packageFolder()]) await rm(part, { recursive: true, force: true });
  });
  const bytes = before - (await folderBytes(folder));
  await rmdir(folder).catch(() => {}); // not empty: what is left is not ours
  return { folder, bytes };
}
