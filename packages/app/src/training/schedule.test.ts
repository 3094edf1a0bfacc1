import { describe, expect, it } from 'vitest';
import { learningRateAt } from './schedule.js';

const base = { learningRate: 1, warmupSteps: 0, decay: 'none', steps: 100 } as const;

describe('value', () => {
  it('is constant without warm-up and decay', () => {
    expect([1, 50, 100].map((step) => learningRateAt(step, base))).toEqual([1, 1, 1]);
  });

  it('rises linearly over the warm-up', () => {
    const schedule = { ...base, warmupSteps: 4 };
    expect([1, 2, 4, 5].map((step) => learningRateAt(step, schedule))).toEqual([0.25, 0.5, 1, 1]);
  });

  it('falls as half a cosine: whole at the start, half in the middle, near 0 at the end', () => {
    const schedule = { ...base, decay: 'cosine' } as const;
    expect(learningRateAt(1, schedule)).toBe(1);
    expect(learningRateAt(51, schedule)).toBeCloseTo(0.5, 12);
    expect(learningRateAt(100, schedule)).toBeCloseTo(0.5 * (1 + Math.cos(0.99 * Math.PI)), 12);
  });
});
