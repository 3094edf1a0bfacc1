/**
 * Installation of native TensorFlow: download, unpack, compile, verify, and only then put in place.
 *
 * All work is done in a partial-* folder of the cache, which one rename turns into the engine: what is there is whole. What
 * is done already is not done again.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAddon, findCompiler } from './addon-build.js';
import { verifyAddon } from './addon-verify.js';
import { addonFile, cacheFolder, lockFile, nativeFolder, packageFolder } from './cache.js';
import { EngineInstallError, type InstallStage } from './install-error.js';
import { withLock } from './install-lock.js';
import { readManifest, writeManifest, type Manifest } from './manifest.js';
import { addonPlace, findNativePackages, linkAddon, type NativePackage } from './native-package.js';
import { npmInstall } from './npm-install.js';
import { downloadWheel } from './wheel-download.js';
import { unpackWheel } from './wheel-unpack.js';
import { wheelFor, type NativeDevice, type Wheel } from './wheels.js';

/** The package that is brought into the cache where no project has it. */
const PACKAGE = '@tensorflow/tfjs-node-gpu@4.22.0';

/** One step of progress. */
export interface InstallProgress {
  readonly stage: InstallStage;
  /** What is done now, for people. */
  readonly message: string;
  /** Bytes done and to do, where they are known. */
  readonly bytes?: number;
  readonly totalBytes?: number;
}

export interface InstallEngineOptions {
  /** Take TensorFlow's CUDA build (Linux x64, NVIDIA driver, CUDA 12.5 and cuDNN 9.3). @defaultValue false */
  readonly cuda?: boolean;
  readonly onProgress?: (progress: InstallProgress) => void;
  /** Stops the installation; nothing half-done stays. */
  readonly abort?: AbortSignal;
}

export interface EngineInstallation {
  /** True when the engine was there already and nothing was downloaded. */
  readonly alreadyInstalled: boolean;
  readonly folder: string;
  readonly manifest: Manifest;
  /** Folders of the npm packages that now run on it. */
  readonly linked: readonly string[];
}

/**
 * Installs native TensorFlow into the user's cache and links it into tfjs-node(-gpu) of the project in the working folder.
 *
 * @throws EngineInstallError with what was wrong and its cure; the engine that was there before then still is
 * @example await installEngine({ onProgress: ({ message }) => console.error(message) });
 */
export async function installEngine(options: InstallEngineOptions = {}): Promise<EngineInstallation> {
  const { cuda = false, onProgress = () => {}, abort } = options;
  const device = cuda ? 'cuda' : 'cpu';
  const wheel = wheelFor(device);
  await makeCache();
  const onWait = (holder: string) => {
    onProgress({ stage: 'wait', message: `waiting for the installation of process ${holder}` });
  };
  return withLock(
    lockFile(),
    async () => {
      await removePartial();
      const sources = await packageWithSources(options);
      const before = readManifest();
      const alreadyInstalled = before?.sha256 === wheel.sha256 && existsSync(addonFile());
      if (!alreadyInstalled) await buildEngine(wheel, device, sources, options);
      const manifest = readManifest();
      if (manifest === undefined)
        throw new EngineInstallError('link', `${nativeFolder()} is gone again`, 'Install again');
      return { alreadyInstalled, folder: nativeFolder(), manifest, linked: await linkPackages(abort) };
    },
    { onWait, abort },
  );
}

/** Deletes what an interrupted installation left. Call it under the lock. */
export async function removePartial(): Promise<void> {
  const left = (await readdir(cacheFolder())).filter((name) => name.startsWith('partial-'));
  await Promise.all(left.map((name) => rm(join(cacheFolder(), name), { recursive: true, force: true })));
}

async function makeCache(): Promise<void> {
  try {
    await mkdir(cacheFolder(), { recursive: true });
  } catch (error) {
    const what = `the cache folder ${cacheFolder()} cannot be made (${(error as Error).message})`;
    throw new EngineInstallError('prepare', what, 'Set AUTOREGSEG_CACHE to a folder that can be written');
  }
}

/** The package whose sources are compiled; brought into the cache when no project has one. */
async function packageWithSources({ onProgress, abort }: InstallEngineOptions): Promise<NativePackage> {
  const [found] = findNativePackages();
  if (found !== undefined) return found;
  onProgress?.({ stage: 'package', message: `bringing ${PACKAGE} into the cache` });
  await inPartialFolder(async (folder) => {
    await npmInstall(PACKAGE, folder, { stage: 'package', abort });
    await rename(folder, packageFolder());
  });
  const [brought] = findNativePackages();
  if (brought === undefined) throw new EngineInstallError('package', `npm left no ${PACKAGE}`, 'Install again');
  return brought;
}

async function buildEngine(
  wheel: Wheel,
  device: NativeDevice,
  sources: NativePackage,
  { onProgress = () => {}, abort }: InstallEngineOptions,
): Promise<void> {
  const compiler = await findCompiler(abort);
  await checkSpace(wheel);
  await inPartialFolder(async (folder) => {
    const title = `TensorFlow ${wheel.version}${wheel.tested ? '' : ' (untested on this platform)'}`;
    const download = { stage: 'download', message: `downloading ${title}`, totalBytes: wheel.bytes } as const;
    onProgress({ ...download, bytes: 0 });
    const scratch = join(folder, 'download');
    await mkdir(scratch);
    const file = await downloadWheel(wheel, scratch, { onBytes: (bytes) => onProgress({ ...download, bytes }), abort });

    const unpack = { stage: 'unpack', message: `unpacking ${title}`, totalBytes: wheel.unpackedBytes } as const;
    const onBytes = (bytes: number) => onProgress({ ...unpack, bytes });
    await unpackWheel(file, folder, { libraries: wheel.libraries, onBytes, abort });
    await rm(scratch, { recursive: true });

    onProgress({ stage: 'compile', message: 'compiling the addon' });
    await buildAddon({ compiler, packageFolder: sources.folder, folder, libraries: wheel.libraries, abort });
    await Promise.all(
      ['include', 'headers', 'tfjs_backend.cc'].map((name) => rm(join(folder, name), { recursive: true, force: true })),
    );

    onProgress({ stage: 'verify', message: 'verifying a matMul and a convolution gradient' });
    const verified = { ...(await verifyAddon(sources, addonFile(folder), abort)), at: new Date().toISOString() };
    const { project, version, sha256 } = wheel;
    const bytes = wheel.unpackedBytes + (await stat(addonFile(folder))).size;
    await writeManifest(folder, { device, wheel: `${project}==${version}`, sha256, bytes, verified });
    await replaceEngine(folder);
  });
}

/** Two renames, so that the old engine goes at the moment at which the new one comes. */
async function replaceEngine(folder: string): Promise<void> {
  const old = join(folder, 'replaced');
  const target = nativeFolder();
  if (existsSync(target)) await rename(target, old);
  await rename(folder, target);
  await rm(join(target, 'replaced'), { recursive: true, force: true });
}

/** The wheel and what is unpacked from it lie on the disk together for a moment. */
async function checkSpace({ bytes, unpackedBytes }: Wheel): Promise<void> {
  const { bavail, bsize } = await statfs(cacheFolder());
  const needed = bytes + unpackedBytes;
  if (bavail * bsize >= needed) return;
  const what = `${cacheFolder()} has ${Math.floor((bavail * bsize) / 1e6)} MB free, must have ${Math.ceil(needed / 1e6)} MB`;
  throw new EngineInstallError('prepare', what, 'Free some, or set AUTOREGSEG_CACHE to a folder on a larger disk');
}

/** Works in a new folder of the cache, which is gone or renamed afterwards. */
async function inPartialFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(cacheFolder(), 'partial-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every package within reach, save those with an addon of their own that computes. */
async function linkPackages(abort?: AbortSignal): Promise<string[]> {
  const linked: string[] = [];
  for (const candidate of findNativePackages()) {
    const { folder, addon } = candidate;
    if (addon === 'own' && (await computes(candidate, abort))) continue;
    try {
      linkAddon(folder);
    } catch (error) {
      const what = `${folder} cannot be written (${(error as Error).message})`;
      throw new EngineInstallError('link', what, 'Run it as a user who may write there');
    }
    linked.push(folder);
  }
  return linked;
}

async function computes(candidate: NativePackage, abort?: AbortSignal): Promise<boolean> {
  try {
    await verifyAddon(candidate, addonPlace(candidate.folder), abort);
    return true;
  } catch {
    abort?.throwIfAborted();
    return false;
  }
}
