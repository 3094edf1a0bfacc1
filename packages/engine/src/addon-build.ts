/**
 * Compiling the addon of tfjs-node from the sources in its npm package and ours in `native/`, by the C++ compiler alone (no
 * node-gyp, no make).
 *
 * The addon speaks N-API: one build runs on every Node from 12 on, and on every TensorFlow 2 with these libraries' names.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withListAttributes } from './addon-source.js';
import { EngineInstallError } from './install-error.js';
import { npmInstall } from './npm-install.js';
import { lastLines, runCommand, runFirstFound } from './run-command.js';

/** Operations of TensorFlow of our own. */
const OWN_SOURCES = ['box-filter.cc', 'sub-block.cc', 'tap-convolution.cc'].map((name) =>
  fileURLToPath(new URL(`../native/${name}`, import.meta.url)),
);

const NODE_HEADERS = 'node-api-headers@1.9.0';

export interface AddonBuild {
  /** A program that takes the options of g++. */
  readonly compiler: string;
  /** Folder of tfjs-node or tfjs-node-gpu; holds binding/. */
  readonly packageFolder: string;
  /** Folder that holds include/ and lib/, and takes tfjs_binding.node. */
  readonly folder: string;
  readonly libraries: readonly string[];
  readonly abort?: AbortSignal;
}

/**
 * The C++ compiler: the one that CXX names, else the first of g++, c++ and clang++. Asked for before the long download.
 *
 * @throws EngineInstallError when there is none
 */
export async function findCompiler(abort?: AbortSignal): Promise<string> {
  const compilers = [process.env['CXX'] ?? '', 'g++', 'c++', 'clang++'].filter((name) => name !== '');
  const found = await runFirstFound(compilers, ['--version'], { abort });
  if (found?.result.code === 0) return found.program;
  const what =
    found === undefined
      ? `no C++ compiler found (looked for ${compilers.join(', ')})`
      : `${found.program} does not run (${lastLines(found.result)})`;
  const cure =
    process.platform === 'darwin' ? 'Install it: "xcode-select --install"' : 'Install one, as in "apt install g++"';
  throw new EngineInstallError('prepare', what, `${cure}, or name one in CXX`);
}

/**
 * Compiles FOLDER/tfjs_binding.node, which looks for its libraries in lib/ beside it.
 *
 * @throws EngineInstallError when the package has no sources, or the compiler fails
 */
export async function buildAddon({ compiler, packageFolder, folder, libraries, abort }: AddonBuild): Promise<void> {
  const macos = process.platform === 'darwin';
  const sources = join(packageFolder, 'binding');
  const backend = await backendSource(sources, folder);
  const args = [
    ['-std=c++17', '-O2', '-fPIC', '-shared', '-w'],
    ['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
    // The wheel's headers have the layout that the sources expect: <tensorflow/c/c_api.h>, <tsl/...>.
    ['-I', join(folder, 'include'), '-I', await nodeHeaders(folder, abort), '-I', sources],
    [backend, join(sources, 'tfjs_binding.cc'), ...OWN_SOURCES],
    libraries.map((name) => join(folder, 'lib', name)),
    macos ? ['-Wl,-rpath,@loader_path/lib', '-undefined', 'dynamic_lookup'] : ['-Wl,-rpath,$ORIGIN/lib'],
    ['-o', join(folder, 'tfjs_binding.node')],
  ].flat();
  const result = await runCommand(compiler, args, { env: { TMPDIR: folder }, abort });
  if (result?.code !== 0) {
    const how = result === undefined ? 'is gone' : `ended with ${result.signal ?? result.code} (${lastLines(result)})`;
    throw new EngineInstallError(
      'compile',
      `${compiler} ${how}`,
      'Use g++ 9 or clang 10 or newer, by CXX if need be, and install again',
    );
  }
}

/** The package's tfjs_backend.cc with list attributes, in the engine's folder: the package may be another user's to write. */
async function backendSource(sources: string, folder: string): Promise<string> {
  const file = join(folder, 'tfjs_backend.cc');
  try {
    await writeFile(file, withListAttributes(await readFile(join(sources, 'tfjs_backend.cc'), 'utf8')));
  } catch (error) {
    const what = `the addon's sources cannot be taken from ${sources} (${(error as Error).message})`;
    throw new EngineInstallError('compile', what, 'Install @tensorflow/tfjs-node-gpu 4.22 anew, then the engine');
  }
  return file;
}

/** The headers that came with this Node, else those of an npm package, brought into the folder. */
async function nodeHeaders(folder: string, abort?: AbortSignal): Promise<string> {
  const own = join(dirname(process.execPath), '../include/node');
  if (existsSync(join(own, 'node_api.h'))) return own;
  const prefix = join(folder, 'headers');
  await mkdir(prefix, { recursive: true });
  await npmInstall(NODE_HEADERS, prefix, { stage: 'compile', abort });
  return join(prefix, 'node_modules/node-api-headers/include');
}
