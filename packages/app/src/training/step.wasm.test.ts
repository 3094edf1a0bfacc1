import { describe, expect, it } from 'vitest';
import { gaugesFromPlain } from './step-gauges.fixture.js';
import { differenceFromPlain, STEP_CASES } from './step-gradients.fixture.js';

describe('gradient', () => {
  it.each(STEP_CASES)('of a step on wasm equals the plain path to 1e-4: %s', async (name) =>
    expect(await differenceFromPlain('wasm', name)).toBeLessThan(1e-4),
  );
});

describe('gauges', () => {
  it('of a step on wasm equal the plain path to 1e-4', async () =>
    expect(await gaugesFromPlain('wasm')).toBeLessThan(1e-4));
});
