/** The record beside an installed engine: what it is, where it came from and how it was verified. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verification } from './addon-verify.js';
import { nativeFolder } from './cache.js';
import type { NativeDevice } from './wheels.js';

/** Counted up when the folder's layout or the addon's sources change: an older engine is then installed anew. */
const FORMAT = 3;

export interface Manifest {
  readonly format: number;
  readonly device: NativeDevice;
  /** As in `tensorflow-cpu==2.15.1`. */
  readonly wheel: string;
  readonly sha256: string;
  /** Of the libraries and the addon. */
  readonly bytes: number;
  /** What one matMul and one convolution gradient were computed on, and when. */
  readonly verified: Verification & { readonly at: string };
}

/** Writes FOLDER/manifest.json. */
export async function writeManifest(folder: string, manifest: Omit<Manifest, 'format'>): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...manifest }, null, 2);
  await writeFile(join(folder, 'manifest.json'), `${text}\n`);
}

/** The installed engine's record; undefined when none is installed, or one that this version cannot use. */
export function readManifest(folder = nativeFolder()): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    return manifest.format === FORMAT ? manifest : undefined;
  } catch {
    return undefined;
  }
}
