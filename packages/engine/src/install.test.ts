/** The installation's order and atomicity, on a wheel of three files, a pip and a compiler that are shell scripts. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useSandbox } from '../test/sandbox.js';
import { makeZip } from '../test/zip.js';
import { verifyAddon } from './addon-verify.js';
import { nativeFolder } from './cache.js';
import { EngineInstallError } from './install-error.js';
import { installEngine, type InstallProgress } from './install.js';
import type * as nativePackages from './native-package.js';
import { findNativePackages } from './native-package.js';
import { removeEngine } from './remove.js';
import type { Wheel } from './wheels.js';

const LIBRARIES = ['liba.so', 'libb.so'] as const;
const ZIP = makeZip(LIBRARIES.map((name) => ({ name: `tensorflow/${name}`, data: Buffer.from(name) })));
const WHEEL: Wheel = {
  project: 'small',
  version: '1.0',
  platform: 'any',
  sha256: createHash('sha256').update(ZIP).digest('hex'),
  bytes: ZIP.length,
  unpackedBytes: 14,
  libraries: LIBRARIES,
  tested: true,
};

vi.mock('./wheels.js', async (original) => ({ ...(await original<object>()), wheelFor: () => WHEEL }));
vi.mock('./addon-verify.js', () => ({ verifyAddon: vi.fn<typeof verifyAddon>() }));
vi.mock('./native-package.js', async (original) => {
  const actual = await original<typeof nativePackages>();
  // The repository's own package stays out of it.
  const inProject = () => actual.findNativePackages().filter(({ folder }) => folder.includes('engine-test-'));
  return { ...actual, findNativePackages: inProject };
});

/** A compiler that also answers --version. */
const compiler = (script: string) => `test "$1" = --version && exit 0; ${script}`;

describe('installEngine', () => {
  const sandbox = useSandbox();
  const home = process.cwd();
  let link = '';

  beforeEach(() => {
    const folder = join(sandbox.folder, 'project/node_modules/@tensorflow/tfjs-node');
    mkdirSync(join(folder, 'binding'), { recursive: true });
    writeFileSync(join(folder, 'binding/tfjs_backend.cc'), 'the sources');
    writeFileSync(join(folder, 'package.json'), '{"binary":{"napi_versions":[3,8]}}');
    process.chdir(join(sandbox.folder, 'project'));
    link = join(folder, 'lib/napi-v8/tfjs_binding.node');
    writeFileSync(join(sandbox.folder, 'small.whl'), ZIP);
    const log = `echo pip >> ${join(sandbox.folder, 'log')}`;
    sandbox.program('python3', `${log}; /bin/cp ${join(sandbox.folder, 'small.whl')} $last/`);
    sandbox.program('g++', compiler('echo addon > $last'));
    vi.mocked(verifyAddon).mockReset().mockResolvedValue({ libtensorflow: '1.0', device: 'cpu' });
  });
  afterEach(() => process.chdir(home));

  const downloads = () => readFileSync(join(sandbox.folder, 'log'), 'utf8').split('\n').length - 1;

  it('downloads, unpacks, compiles, verifies and links, in this order', async () => {
    const stages: string[] = [];
    const onProgress = ({ stage }: InstallProgress) => void (stages.at(-1) === stage || stages.push(stage));
    const { alreadyInstalled, folder, manifest, linked } = await installEngine({ onProgress });
    expect(stages).toEqual(['download', 'unpack', 'compile', 'verify']);
    expect({ alreadyInstalled, folder }).toEqual({ alreadyInstalled: false, folder: nativeFolder() });
    expect(manifest).toMatchObject({ wheel: 'small==1.0', sha256: WHEEL.sha256, device: 'cpu', bytes: 20 });
    expect(manifest.verified).toMatchObject({ libtensorflow: '1.0', device: 'cpu' });
    expect(linked).toEqual([join(sandbox.folder, 'project/node_modules/@tensorflow/tfjs-node')]);
    expect(readFileSync(link, 'utf8')).toBe('addon\n');
    // The wheel, the headers and the lock are gone.
    expect(readdirSync(sandbox.cache)).toEqual([`native-${process.platform}-${process.arch}`]);
    expect(readdirSync(folder).sort()).toEqual(['lib', 'manifest.json', 'tfjs_binding.node']);
  });

  it('does nothing the second time, save for a link that a clean npm ci took away', async () => {
    await installEngine();
    rmSync(link);
    const { alreadyInstalled, linked } = await installEngine();
    expect(alreadyInstalled).toBe(true);
    expect(linked).toHaveLength(1);
    expect(readFileSync(link, 'utf8')).toBe('addon\n');
    expect(downloads()).toBe(1);
  });

  it('downloads once when two installations start together', async () => {
    const messages: string[] = [];
    const both = await Promise.all([
      installEngine(),
      installEngine({ onProgress: ({ message }) => messages.push(message) }),
    ]);
    expect(both.map(({ alreadyInstalled }) => alreadyInstalled).sort()).toEqual([false, true]);
    expect(downloads()).toBe(1);
  });

  it('unpacks nothing of a wheel that has another hash', async () => {
    const other = makeZip([{ name: 'tensorflow/liba.so', data: Buffer.from('another') }]);
    writeFileSync(join(sandbox.folder, 'small.whl'), other);
    const stages = new Set<string>();
    const installation = installEngine({ onProgress: ({ stage }) => stages.add(stage) });
    const hash = createHash('sha256').update(other).digest('hex');
    await expect(installation).rejects.toThrow(hash);
    expect([...stages]).toEqual(['download']);
    expect(readdirSync(sandbox.cache)).toEqual([]);
  });

  it('leaves nothing in place when the verification fails', async () => {
    vi.mocked(verifyAddon).mockRejectedValue(new EngineInstallError('verify', 'it computes 1', 'Use the wasm engine'));
    await expect(installEngine()).rejects.toThrow('installEngine: verify: it computes 1. Use the wasm engine.');
    expect(readdirSync(sandbox.cache)).toEqual([]);
    expect(existsSync(link)).toBe(false);
  });

  it('keeps the engine that is there when its replacement fails', async () => {
    await installEngine();
    const manifest = join(nativeFolder(), 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(WHEEL.sha256, 'of an older wheel'));
    sandbox.program('g++', compiler('exit 1'));
    await expect(installEngine()).rejects.toThrow('installEngine: compile: g++ ended with 1');
    expect(readFileSync(link, 'utf8')).toBe('addon\n');
    sandbox.program('g++', compiler('echo newer > $last'));
    expect((await installEngine()).alreadyInstalled).toBe(false);
    expect(readFileSync(link, 'utf8')).toBe('newer\n');
    expect(readdirSync(nativeFolder()).sort()).toEqual(['lib', 'manifest.json', 'tfjs_binding.node']);
  });

  it('clears away what an interrupted installation left', async () => {
    mkdirSync(join(sandbox.cache, 'partial-killed/lib'), { recursive: true });
    await installEngine();
    expect(readdirSync(sandbox.cache)).toEqual([`native-${process.platform}-${process.arch}`]);
  });

  it('looks for the compiler before it downloads', async () => {
    rmSync(join(sandbox.folder, 'bin/g++'));
    await expect(installEngine()).rejects.toThrow('installEngine: prepare: no C++ compiler found');
    expect(existsSync(join(sandbox.folder, 'log'))).toBe(false);
  });

  it('stops when told to, and leaves nothing', async () => {
    sandbox.program('g++', compiler('exec /bin/sleep 60'));
    const abort = new AbortController();
    const onProgress = ({ stage }: InstallProgress) =>
      void (stage === 'compile' && setTimeout(() => abort.abort(), 100));
    await expect(installEngine({ onProgress, abort: abort.signal })).rejects.toThrow('This operation was aborted');
    expect(readdirSync(sandbox.cache)).toEqual([]);
  });

  it("leaves a package's own addon alone while it computes, and replaces it when it does not", async () => {
    mkdirSync(join(link, '..'), { recursive: true });
    writeFileSync(link, 'own');
    expect((await installEngine()).linked).toEqual([]);
    expect(readFileSync(link, 'utf8')).toBe('own');
    vi.mocked(verifyAddon).mockRejectedValue(new Error('does not load'));
    expect((await installEngine()).linked).toHaveLength(1);
    expect(readFileSync(link, 'utf8')).toBe('addon\n');
  });

  it('brings the npm package into the cache where no project has one', async () => {
    process.chdir(sandbox.folder);
    const made = 'node_modules/@tensorflow/tfjs-node-gpu';
    const [source, manifest] = ['binding/tfjs_backend.cc', '{"binary":{"napi_versions":[8]}}'];
    sandbox.program(
      'npm',
      `/bin/mkdir -p ${made}/binding; echo > ${made}/${source}; echo '${manifest}' > ${made}/package.json`,
    );
    const { linked } = await installEngine();
    expect(linked).toEqual([join(sandbox.cache, 'package', made)]);
    expect(findNativePackages()).toMatchObject([{ name: '@tensorflow/tfjs-node-gpu', addon: 'linked' }]);
  });

  it('says why npm could not bring the package', async () => {
    process.chdir(sandbox.folder);
    await expect(installEngine()).rejects.toThrow(
      'installEngine: package: @tensorflow/tfjs-node-gpu@4.22.0 is missing here and no npm is on the PATH to bring it. Install npm.',
    );
    sandbox.program('npm', `echo 'npm error code ENOTFOUND' >&2; exit 1`);
    await expect(installEngine()).rejects.toThrow(
      `npm could not bring @tensorflow/tfjs-node-gpu@4.22.0 (npm error code ENOTFOUND). Connect, or set npm's registry and install again.`,
    );
  });

  it('says that the cache folder cannot be made', async () => {
    writeFileSync(join(sandbox.folder, 'file'), '');
    vi.stubEnv('AUTOREGSEG_CACHE', join(sandbox.folder, 'file/cache'));
    await expect(installEngine()).rejects.toThrow('Set AUTOREGSEG_CACHE to a folder that can be written.');
  });

  it('is undone by removeEngine: folder and links', async () => {
    await installEngine();
    expect(readlinkSync(link)).toBe(join(nativeFolder(), 'tfjs_binding.node'));
    const { folder, bytes } = await removeEngine();
    expect(folder).toBe(sandbox.cache);
    expect(bytes).toBeGreaterThan(20);
    expect(existsSync(sandbox.cache)).toBe(false);
    expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
    expect(await removeEngine()).toEqual({ folder, bytes: 0 });
  });

  it('removes nothing else from the cache folder', async () => {
    await installEngine();
    writeFileSync(join(sandbox.cache, 'mine.txt'), '');
    await removeEngine();
    expect(readdirSync(sandbox.cache)).toEqual(['mine.txt']);
  });
});
