/** The libraries' own tests on each engine: a kernel that is wrong on one of them is found where the maths is. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { useEngine } from '@autoregseg/engine';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
/**
 * All but what tests of memory and cost count, which is that of the plain path, and one that holds a gradient to be exactly
 * nothing: on native a softmax of one logit is one up to rounding.
 */
const NAMES = '^(?!.*(\\b(memory|cost)\\b|attention without its centre))';

const hasNative = await useEngine('native').then(
  () => true,
  () => false,
);

describe.each([
  { engine: 'wasm', present: true },
  { engine: 'native', present: hasNative },
])('on $engine', ({ engine, present }) => {
  it.skipIf(!present).each(['losses', 'orderings'])('values, gradients and errors of %s hold', (name) => {
    const words = [VITEST, 'run', '--reporter=default', '--testNamePattern', NAMES];
    const env = { ...process.env, AUTOREGSEG_TEST_ENGINE: engine, AUTOREGSEG_SLOW: '0', NO_COLOR: '1' };
    const cwd = join(ROOT, 'packages', name);
    const { status, stdout } = spawnSync(process.execPath, words, { cwd, env, encoding: 'utf8' });
    expect(status, stdout.slice(-4000)).toBe(0);
    expect(stdout).toMatch(/Tests {2}\d{2,} passed/);
  });
});
