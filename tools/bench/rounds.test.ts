import { describe, expect, it } from 'vitest';
import { formatRows, formatSizes, measureByTurns, quantile } from './rounds.mjs';

/** Contender that takes the given seconds, one a round. */
const contender = (name: string, seconds: number[], log: string[] = []) => ({
  name,
  measure: () => {
    log.push(name);
    const medianSeconds = seconds.shift() ?? 0;
    return { engine: 'native', medianSeconds, imagesPerSecond: 10 / medianSeconds, peakMemoryMb: 100 * medianSeconds };
  },
});

describe('measureByTurns', () => {
  it('alternates', () => {
    const log: string[] = [];
    measureByTurns([contender('a', [1, 1], log), contender('b', [1, 1], log)], 2);
    expect(log).toEqual(['a', 'b', 'a', 'b']);
  });

  it('gives median, quartile range, peak and the ratio to the first', () => {
    const [ours, theirs] = measureByTurns([contender('ours', [2, 1, 5]), contender('theirs', [3, 4, 3])], 3);
    // sorted 1 2 5: quartiles halfway, 1.5 and 3.5
    expect(ours).toMatchObject({ medianSeconds: 2, iqrSeconds: 2, imagesPerSecond: 5, peakMemoryMb: 500, ratio: 1 });
    expect(theirs).toMatchObject({ medianSeconds: 3, iqrSeconds: 0.5, ratio: 1.5, roundSeconds: [3, 4, 3] });
  });
});

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
    expect(quantile([7], 0.25)).toBe(7);
  });
});

describe('formatRows', () => {
  it('is a table with one line a contender', () => {
    const rows = measureByTurns([contender('ours', [2]), contender('PyTorch best', [3])], 1);
    expect(formatRows(rows)).toBe(
      [
        '                       median s  IQR s  images/s  of matMul  peak MB  time / ours',
        'ours (native)             2.000  0.000      5.00          -      200         1.00',
        'PyTorch best (native)     3.000  0.000      3.33          -      300         1.50',
      ].join('\n'),
    );
  });
});

describe('formatSizes', () => {
  it('is a line for each size and batch', () => {
    const rows = [
      { height: 100, width: 50, batchSize: 10, medianSeconds: 0.5, secondsPerMegapixel: 10, peakMemoryMb: 200 },
      { height: 200, width: 200, batchSize: 5, medianSeconds: 2.1, secondsPerMegapixel: 10.5, peakMemoryMb: 400 },
    ];
    expect(formatSizes(rows)).toBe(
      [
        'images of  batch  median s  s / megapixel  peak MB so far',
        '100 x 50      10     0.500           10.0             200',
        '200 x 200      5     2.100           10.5             400',
      ].join('\n'),
    );
  });
});
