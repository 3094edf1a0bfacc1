/**
 * Our losses beside those of lightly on PyTorch, values and gradients.
 *
 * Makes a virtual environment of its own and removes it (PyTorch: 5.4 GB, minutes); AUTOREGSEG_LIGHTLY_PYTHON names the python
 * of one that is there already.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { barlowTwins, byol, ntXent, swav, vicReg, type Embeddings } from './index.js';

const PACKAGES = ['torch==2.15.0', 'torchvision', 'numpy', 'pillow'];
const LIGHTLY = 'lightly==1.6.0';

type Results = Record<string, { readonly value: number; readonly slopes: readonly number[] }>;
const LOSSES: Record<string, (a: Embeddings, b: Embeddings) => tf.Scalar> = {
  ntXent: (a, b) => ntXent(a, b, { temperature: 0.2 }),
  byol,
  barlowTwins,
  vicReg,
  swav,
};

let folder: string | undefined;
let results: Results;
const [a, b] = [irregularTensor<tf.Rank.R2>([24, 6], 1), irregularTensor<tf.Rank.R2>([24, 6], 2)];

beforeAll(async () => {
  await useTestEngine();
  const python = process.env.AUTOREGSEG_LIGHTLY_PYTHON ?? makeEnvironment();
  const script = fileURLToPath(new URL('../test/lightly_values.py', import.meta.url));
  results = JSON.parse(run(python, [script], JSON.stringify({ a: a.arraySync(), b: b.arraySync() }))) as Results;
}, 1_200_000);
afterAll(() => folder !== undefined && rmSync(folder, { recursive: true, force: true }));

it.each(Object.keys(LOSSES))('%s has the value and the slopes of lightly 1.6.0', (name) => {
  const { value, grads } = tf.valueAndGrads((a, b) => LOSSES[name](a as Embeddings, b as Embeddings))([a, b]);
  const expected = results[name];
  // float32 against float64
  expect(Math.abs(value.dataSync()[0] / expected.value - 1)).toBeLessThan(2e-5);
  const largest = Math.max(...expected.slopes.map(Math.abs));
  grads[0].dataSync().forEach((slope, i) => {
    expect(Math.abs(slope - expected.slopes[i]) / largest, `slope ${i}`).toBeLessThan(1e-4);
  });
});

function makeEnvironment(): string {
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-lightly-'));
  run('python3', ['-m', 'venv', folder]);
  const python = join(folder, 'bin', 'python');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  run(python, [...pip, ...PACKAGES]);
  // Its losses need none of the trainers and servers that it depends on.
  run(python, [...pip, '--no-deps', LIGHTLY]);
  return python;
}

function run(command: string, words: readonly string[], input?: string): string {
  const { status, stdout, stderr } = spawnSync(command, words, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} failed:\n${stderr}`);
  return stdout;
}
