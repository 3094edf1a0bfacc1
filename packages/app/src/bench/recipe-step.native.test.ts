import { useEngine } from '@autoregseg/engine';
import { describe, expect, it } from 'vitest';
import { timeOperations } from './operation-times.js';
import { recipeStep } from './reference-step.js';

const absent = await useEngine('native').then(
  () => '',
  (error: Error) => ` (not run: ${error.message})`,
);

describe.skipIf(absent)(`step of a recipe${absent}`, () => {
  it('is made of few operations: on small maps their number is what takes the time', () => {
    const step = recipeStep('quick');
    const { operations } = timeOperations(step.run, 2);
    step.dispose();
    const calls = (name: string) => operations.find(({ operation }) => operation === name)?.calls;
    // Seven normalisations a view: the stem's, and three in each of two blocks.
    expect([calls('FusedBatchNormV3'), calls('FusedBatchNormGradV3')]).toEqual([14, 14]);
    const all = operations.reduce((sum, { calls }) => sum + calls, 0);
    expect(all).toBeLessThan(1900); // 3600 when each pass, each weight and each head had operations of its own
  });
});
