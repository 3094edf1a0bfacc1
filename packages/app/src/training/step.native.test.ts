import { useEngine } from '@autoregseg/engine';
import { describe, expect, it } from 'vitest';
import { gaugesFromPlain } from './step-gauges.fixture.js';
import { differenceFromPlain, STEP_CASES } from './step-gradients.fixture.js';

const absent = await useEngine('native').then(
  () => '',
  (error: Error) => ` (not run: ${error.message})`,
);

describe.skipIf(absent)(`gradient${absent}`, () => {
  it.each(STEP_CASES)('of a step on native equals the plain path to 1e-4: %s', async (name) =>
    expect(await differenceFromPlain('native', name)).toBeLessThan(1e-4),
  );
});

describe.skipIf(absent)(`gauges${absent}`, () => {
  it('of a step on native equal the plain path to 1e-4', async () =>
    expect(await gaugesFromPlain('native')).toBeLessThan(1e-4));
});
