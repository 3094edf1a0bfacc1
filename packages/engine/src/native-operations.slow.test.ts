import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasSubBlock } from './native-sub-block.js';
import { startNative } from './native-engine.js';

const native = await startNative();
const absent =
  'why' in native
    ? `: not run, ${native.why}; ${native.cure}`
    : hasSubBlock()
      ? ''
      : ': not run, this addon has no operations of ours on this processor';

/** A digest of what the operations make of maps of some thousand positions, by the built package in a process of its own. */
const PROGRAM = `
  import { createHash } from 'node:crypto';
  import * as tf from '@tensorflow/tfjs-core';
  import { useEngine } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
  await useEngine('native');
  const seeded = (shape, seed) => tf.randomUniform(shape, -1, 1, 'float32', seed);
  const run = (name, inputs, attrs) => [tf.engine().runKernel(name, inputs, attrs)].flat();
  const [x, dy] = [1, 2].map((seed) => seeded([3, 50, 40, 64], seed));
  const [firstFilter, secondFilter, filter] = [3, 4, 5].map((seed) => seeded([seed === 5 ? 3 : 1, 1, 64, 64], seed));
  const [firstBias, secondBias] = [6, 7].map((seed) => seeded([64], seed));
  const taps = [0, -1, 0, 1, 0, 0];
  const weights = { firstFilter, secondFilter };
  const [y, inner, reached] = run('ResidualSubBlock', { x, skip: x, firstBias, secondBias, ...weights }, { keep: true });
  const made = [
    y,
    inner,
    ...run('ResidualSubBlockGrad', { dy, reached, x, inner, ...weights }),
    ...run('TapConvolution', { x, filter }, { taps, transposed: false }),
    ...run('TapConvolution', { x: dy, filter }, { taps, transposed: true }),
    ...run('TapFilterGrad', { x, dy }, { taps, filterShape: filter.shape }),
    ...run('BoxFilter', { x }, { halfWindow: 3 }),
  ];
  const digest = createHash('sha256');
  for (const tensor of made) digest.update(tensor.dataSync());
  console.log(made.length, digest.digest('hex'));
`;

function digest(env: Readonly<Record<string, string>>): string {
  const options = { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' } as const;
  const args = ['--input-type=module', '--eval', PROGRAM];
  return execFileSync(process.execPath, args, { ...options, env: { ...process.env, ...env } });
}

describe.skipIf(absent)(`operations of our own in the addon${absent}`, () => {
  it('value and gradients: the same bits on any number of threads, and with narrower instructions', () => {
    const alone = digest({ TF_NUM_INTRAOP_THREADS: '1' });
    expect(alone).toMatch(/^11 [0-9a-f]{64}\n$/);
    expect(digest({ TF_NUM_INTRAOP_THREADS: '3' })).toBe(alone);
    expect(digest({ ONEDNN_MAX_CPU_ISA: 'AVX2' })).toBe(alone);
  });
});
