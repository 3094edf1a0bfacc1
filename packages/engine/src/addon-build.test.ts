import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useSandbox } from '../test/sandbox.js';
import { buildAddon, findCompiler } from './addon-build.js';

describe.skipIf(process.platform !== 'linux')('buildAddon (the flags of Linux)', () => {
  const sandbox = useSandbox();
  const build = () =>
    buildAddon({
      compiler: 'g++',
      packageFolder: join(sandbox.folder, 'package'),
      folder: join(sandbox.folder, 'engine'),
      libraries: ['liba.so'],
    });
  beforeEach(() => {
    mkdirSync(join(sandbox.folder, 'engine'));
    mkdirSync(join(sandbox.folder, 'package/binding'), { recursive: true });
    writeFileSync(join(sandbox.folder, 'package/binding/tfjs_backend.cc'), 'the sources');
    // The headers' package, where this Node has none of its own.
    sandbox.program('npm', 'exit 0');
  });

  it("compiles the package's sources against the unpacked headers, and lets the addon find lib/ beside it", async () => {
    sandbox.program('g++', `printf '%s\\n' "$@" > $last`);
    await build();
    const args = readFileSync(join(sandbox.folder, 'engine/tfjs_binding.node'), 'utf8').split('\n');
    expect(args).toContain(join(sandbox.folder, 'engine/tfjs_backend.cc'));
    expect(args).toContain(join(sandbox.folder, 'package/binding/tfjs_binding.cc'));
    expect(args).toContain(join(sandbox.folder, 'package/binding'));
    const own = args.filter((arg) => arg.includes('/native/'));
    expect(own.map((file) => basename(file))).toEqual(['box-filter.cc', 'sub-block.cc', 'tap-convolution.cc']);
    for (const file of own) expect(existsSync(file), file).toBe(true);
    expect(args).toContain(join(sandbox.folder, 'engine/include'));
    expect(args).toContain(join(sandbox.folder, 'engine/lib/liba.so'));
    expect(args).toContain('-Wl,-rpath,$ORIGIN/lib');
  });

  it('finds the compiler that CXX names, else the first that there is', async () => {
    for (const name of ['my-c++', 'c++', 'clang++']) sandbox.program(name, '');
    expect(await findCompiler()).toBe('c++');
    vi.stubEnv('CXX', 'my-c++');
    expect(await findCompiler()).toBe('my-c++');
  });

  it('says that there is no compiler, or none that runs', async () => {
    await expect(findCompiler()).rejects.toThrow(
      'installEngine: prepare: no C++ compiler found (looked for g++, c++, clang++). Install one, as in "apt install g++", or name one in CXX.',
    );
    sandbox.program('g++', 'echo "agree to the licence first" >&2; exit 69');
    await expect(findCompiler()).rejects.toThrow(
      'installEngine: prepare: g++ does not run (agree to the licence first). Install one',
    );
  });

  it('says where there are no sources', async () => {
    rmSync(join(sandbox.folder, 'package/binding/tfjs_backend.cc'));
    await expect(build()).rejects.toThrow(
      `installEngine: compile: the addon's sources cannot be taken from ${sandbox.folder}/package/binding (ENOENT`,
    );
  });

  it('passes on what the compiler says', async () => {
    sandbox.program('g++', `echo 'x.cc:1: error: what is this' >&2; exit 3`);
    await expect(build()).rejects.toThrow('installEngine: compile: g++ ended with 3 (x.cc:1: error: what is this).');
  });
});
