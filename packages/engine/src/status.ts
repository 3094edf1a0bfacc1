/** What is installed, what runs and why nothing better does. */
import { existsSync } from 'node:fs';
import { addonFile, cacheFolder } from './cache.js';
import type { EngineDescription } from './engine-description.js';
import { folderBytes } from './folder-size.js';
import { readManifest, type Manifest } from './manifest.js';
import { findNativePackages, type NativePackage } from './native-package.js';
import { useEngine } from './use-engine.js';

export interface EngineStatus {
  /** What `useEngine()` chose in this process, with the reasons against the others. */
  readonly engine: EngineDescription;
  readonly cache: { readonly folder: string; readonly bytes: number };
  /** The cached addon; null when native TensorFlow is not installed. */
  readonly addon: string | null;
  readonly installed: Manifest | null;
  /** Every tfjs-node(-gpu) within reach, in the order in which they are tried. */
  readonly packages: readonly NativePackage[];
}

/**
 * Starts the engine in this process and reports it.
 *
 * @throws Error when no engine runs at all
 */
export async function engineStatus(): Promise<EngineStatus> {
  const engine = await useEngine();
  return {
    engine,
    cache: { folder: cacheFolder(), bytes: await folderBytes(cacheFolder()) },
    addon: existsSync(addonFile()) ? addonFile() : null,
    installed: readManifest() ?? null,
    packages: findNativePackages(),
  };
}
