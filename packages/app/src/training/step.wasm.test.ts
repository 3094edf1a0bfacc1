import { describe, expect, it } from 'vitest';
import { differenceFromPlain, STEP_CASES } from './step-gradients.fixture.js';

describe('gradient', () => {
  it.each(STEP_CASES)('of a step on wasm equals the plain path to 1e-4: %s', async (name) =>
    expect(await differenceFromPlain('wasm', name)).toBeLessThan(1e-4),
  );
});
