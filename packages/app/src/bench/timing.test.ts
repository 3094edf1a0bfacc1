import { describe, expect, it } from 'vitest';
import { ratioByTurns, secondsByTurns, timingOf } from './timing.js';

describe('value', () => {
  it('is the median and the distance of the quartiles', () => {
    // sorted 1 2 3 4 6: quartiles 2 and 4
    expect(timingOf([4, 1, 6, 2, 3])).toEqual({ medianSeconds: 3, iqrSeconds: 2, rounds: 5 });
    // of two, quartiles lie between: 1.25 and 1.75
    expect(timingOf([1, 2])).toEqual({ medianSeconds: 1.5, iqrSeconds: 0.5, rounds: 2 });
  });

  it('compares what was timed in the same round: a slow round is slow for both', () => {
    // ratios 2, 2, 2; of the medians it would be 2 / 1.5
    expect(ratioByTurns([2, 20, 3], [1, 10, 1.5])).toBe(2);
    expect(ratioByTurns([1, 30, 2], [1, 10, 1])).toBe(2);
  });
});

describe('turns', () => {
  it('are taken in every round, the warm-up included, which is not timed', () => {
    const calls: string[] = [];
    const seconds = secondsByTurns([() => calls.push('a'), () => calls.push('b')], { rounds: 2, warmup: 1 });
    expect(calls.join('')).toBe('ababab');
    expect(seconds.map((rounds) => rounds.length)).toEqual([2, 2]);
  });
});
