/**
 * Where the native engine lives on disk: one folder per user, shared by all projects.
 *
 *   CACHE/native-linux-x64/          the engine in use; put there by one rename, so never half-done
 *     manifest.json                  what it is and how it was verified
 *     tfjs_binding.node              the addon, which finds its libraries beside it
 *     lib/                           libtensorflow_cc, libtensorflow_framework
 *   CACHE/package/                   @tensorflow/tfjs-node-gpu, only where no project brings it
 *   CACHE/partial-*                  an installation under way
 *   CACHE/install.lock               held by the one process that installs
 */
import { resolve } from 'node:path';
import envPaths from 'env-paths';

/** The cache folder: `AUTOREGSEG_CACHE` when set, else the user's cache folder of the system. */
export function cacheFolder(): string {
  const chosen = process.env['AUTOREGSEG_CACHE'];
  return chosen === undefined || chosen === '' ? envPaths('autoregseg', { suffix: '' }).cache : resolve(chosen);
}

/** The folder of the installed engine; its name holds the platform, since a home may be shared by several. */
export function nativeFolder(cache = cacheFolder()): string {
  return resolve(cache, `native-${process.platform}-${process.arch}`);
}

/** The npm prefix that holds tfjs-node-gpu where no project brings it. */
export function packageFolder(cache = cacheFolder()): string {
  return resolve(cache, 'package');
}

/** The compiled addon inside an engine's folder. */
export function addonFile(folder = nativeFolder()): string {
  return resolve(folder, 'tfjs_binding.node');
}

/** Held by the one process that installs or removes. */
export function lockFile(): string {
  return resolve(cacheFolder(), 'install.lock');
}
