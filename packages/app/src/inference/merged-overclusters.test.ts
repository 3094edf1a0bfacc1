import { describe, expect, it } from 'vitest';
import { mergedWhereHardlyUsed } from './merged-overclusters.js';

/** Four overclusters of even shares, of which 0 meets 2, and 1 meets 3. */
const over = [Float32Array.from({ length: 16 }, (_, at) => ((Math.floor(at / 4) - (at % 4)) % 2 === 0 ? 1 : 0.1))];

/** A head of two clusters of which the second has this share. */
const head = (share: number) => [Float32Array.of(1 - share, 0, 0, share)];

describe('value', () => {
  it('is the cut where the main head has a cluster of less than a quarter of an even share', () => {
    expect([...mergedWhereHardlyUsed({ over, main: head(0.12) }, 2)!]).toEqual([0, 1, 0, 1]);
  });

  it('is none where the main head uses all of its clusters, however unevenly', () => {
    expect(mergedWhereHardlyUsed({ over, main: head(0.13) }, 2)).toBeUndefined();
    expect(mergedWhereHardlyUsed({ over, main: head(0.5) }, 2)).toBeUndefined();
  });

  it('is none where merged overclusters fill their clusters no better', () => {
    const lonely = Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? [1, 1, 1, 0.01][at / 5] : 0));
    for (const at of [1, 2, 4, 6, 8, 9]) lonely[at] = 1; // 0, 1 and 2 are one thing
    expect(mergedWhereHardlyUsed({ over: [lonely], main: head(0.1) }, 2)).toBeUndefined();
    expect(mergedWhereHardlyUsed({ over: [lonely], main: head(0.0001) }, 2)).toBeDefined();
  });

  it('counts shares over all groups: a cluster that has one group to itself is used', () => {
    const main = [Float32Array.of(10, 0, 0, 0), Float32Array.of(0, 0, 0, 10)];
    expect(mergedWhereHardlyUsed({ over: [over[0], over[0]], main }, 2)).toBeUndefined();
  });

  it('is for a head that has collapsed into one cluster', () => {
    expect(mergedWhereHardlyUsed({ over, main: head(0) }, 2)).toBeDefined();
  });
});
