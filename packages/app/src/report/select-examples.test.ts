import { describe, expect, it } from 'vitest';
import { selectExamples } from './select-examples.js';

describe('select examples: value', () => {
  it('takes a third of the most certain, a third of the least, and an even spread between', () => {
    const certainties = Array.from({ length: 30 }, (_, i) => i / 30); // index = rank from below
    const selected = selectExamples(certainties, 12);
    expect(selected.map(({ index }) => index)).toEqual([29, 28, 27, 26, 23, 17, 12, 6, 3, 2, 1, 0]);
    expect(selected.map(({ standing }) => standing)).toEqual([
      ...Array.from({ length: 4 }, () => 'most certain'),
      ...Array.from({ length: 4 }, () => 'between'),
      ...Array.from({ length: 4 }, () => 'least certain'),
    ]);
  });

  it('takes all when there are no more, ranked, ties in their order', () => {
    expect(selectExamples([0.2, 0.9, 0.9, 0.5], 12)).toEqual([
      { index: 1, standing: 'most certain' },
      { index: 2, standing: 'between' },
      { index: 3, standing: 'between' },
      { index: 0, standing: 'least certain' },
    ]);
  });

  it('calls one image neither, and two one of each', () => {
    expect(selectExamples([0.5], 3)).toEqual([{ index: 0, standing: 'between' }]);
    expect(selectExamples([0.5, 0.7], 3).map(({ standing }) => standing)).toEqual(['most certain', 'least certain']);
    expect(selectExamples([], 3)).toEqual([]);
  });
});

describe('select examples: error', () => {
  it('refuses a number that is no positive integer', () => {
    expect(() => selectExamples([1], 0)).toThrow('selectExamples: n must be a positive integer, got 0');
  });
});
