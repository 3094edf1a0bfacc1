/**
 * Finding the npm package whose addon is needed, and putting the cached addon into it.
 *
 * @tensorflow/tfjs-node and -gpu are the same JavaScript around one file, tfjs_binding.node, which their install
 * script downloads or, where that place cannot be reached, does not. A link to the cached file takes its place.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { addonFile, packageFolder } from './cache.js';

/** The two npm packages that run on the addon, in the order in which they are looked for. */
const NATIVE_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

export interface NativePackage {
  readonly name: (typeof NATIVE_PACKAGES)[number];
  /** The package's folder. */
  readonly folder: string;
  /** `own` = a file that came with the package, `linked` = the cached one. */
  readonly addon: 'own' | 'linked' | 'missing';
}

/** Every copy within reach: that of the project in the working folder, that beside this package, that of the cache. */
export function findNativePackages(): NativePackage[] {
  const places = [resolve('noop.js'), import.meta.url, resolve(packageFolder(), 'noop.js')];
  const found = new Map<string, NativePackage>();
  for (const place of places) {
    for (const name of NATIVE_PACKAGES) {
      const folder = packageFolderFrom(place, name);
      if (folder !== undefined && !found.has(folder)) found.set(folder, { name, folder, addon: addonState(folder) });
    }
  }
  return [...found.values()];
}

/** Where the package expects its addon: under the newest version of N-API that it and this Node know. */
export function addonPlace(folder: string): string {
  const { binary } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8')) as {
    binary: { napi_versions: readonly number[] };
  };
  const known = binary.napi_versions.filter((version) => version <= Number(process.versions.napi));
  return resolve(folder, `lib/napi-v${Math.max(...known)}/tfjs_binding.node`);
}

/**
 * Links the cached addon into a package. Does nothing when it is linked already.
 *
 * @throws the file system's error when the package's folder cannot be written
 */
export function linkAddon(folder: string): void {
  const place = addonPlace(folder);
  if (linkTarget(place) === addonFile()) return;
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { force: true });
  try {
    symlinkSync(addonFile(), place);
  } catch (error) {
    // Another process that starts at the same moment may have been first.
    if (linkTarget(place) !== addonFile()) throw error;
  }
}

/** Takes the link to the cached addon out of a package again; a package's own addon stays. */
export function unlinkAddon(folder: string): void {
  if (linkTarget(addonPlace(folder)) === addonFile()) rmSync(addonPlace(folder));
}

function packageFolderFrom(place: string, name: string): string | undefined {
  try {
    return realpathSync(dirname(createRequire(place).resolve(`${name}/package.json`)));
  } catch {
    return undefined;
  }
}

function addonState(folder: string): NativePackage['addon'] {
  const place = addonPlace(folder);
  if (!existsSync(place)) return 'missing';
  return linkTarget(place) === undefined ? 'own' : 'linked';
}

function linkTarget(place: string): string | undefined {
  return lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(place) : undefined;
}
