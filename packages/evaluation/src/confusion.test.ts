import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { ConfusionMatrix, type Matching, matchClusters, scores } from './confusion.js';

/** A matrix with these rows. */
function matrix(rows: number[][]): ConfusionMatrix {
  const confusion = new ConfusionMatrix(rows.length, rows[0].length);
  confusion.counts.set(rows.flat());
  return confusion;
}

const rightPixels = (rows: number[][], matching: Int32Array) =>
  rows.reduce((sum, row, cluster) => sum + (matching[cluster] === -1 ? 0 : row[matching[cluster]]), 0);

/** Most pixels that any one-to-one matching gets right, by trying all. */
function bestByTrial([row, ...rest]: number[][], taken: readonly number[] = []): number {
  if (row === undefined) return 0;
  const matched = row.map((count, id) => (taken.includes(id) ? 0 : count + bestByTrial(rest, [...taken, id])));
  return Math.max(bestByTrial(rest, taken), ...matched);
}

function randomRows(clusters: number, classes: number, most: number, seed: number): number[][] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: clusters }, () => Array.from({ length: classes }, () => uniformInt(random, 0, most)));
}

describe('shape', () => {
  it('has a row for each cluster and a column for each class', () => {
    const confusion = new ConfusionMatrix(3, 2);
    expect(confusion.counts).toEqual(new Float64Array(6));
    expect(matchClusters(confusion, 'one-to-one')).toHaveLength(3);
    expect(scores(confusion, Int32Array.of(0, 1, -1)).iou).toHaveLength(2);
  });
});

describe('value of the confusion', () => {
  it('convention: row = cluster, column = class', () => {
    const confusion = new ConfusionMatrix(3, 2).add([2, 2, 0], [1, 1, 0]);
    expect([...confusion.counts]).toEqual([1, 0, 0, 0, 0, 2]);
    expect(JSON.stringify(confusion)).toBe('[[1,0],[0,0],[0,2]]');
  });

  it('leaves out ignored pixels, whatever their cluster', () => {
    const confusion = new ConfusionMatrix(2, 2).add(Int32Array.of(0, -1, 1), Uint8Array.of(0, 255, 1), 255);
    expect([...confusion.counts]).toEqual([1, 0, 0, 1]);
    expect(confusion.pixels).toBe(2);
  });

  it('adds up image by image, and matrix by matrix', () => {
    const first = new ConfusionMatrix(2, 2).add([0, 1], [0, 1]).add([1], [0]);
    expect([...first.merge(new ConfusionMatrix(2, 2).add([1, 1], [1, 0])).counts]).toEqual([1, 0, 2, 2]);
  });

  it('counts nothing of a call that fails', () => {
    const confusion = new ConfusionMatrix(2, 2).add([0], [0]);
    expect(() => confusion.add([1, 0, 5], [1, 255, 0], 255)).toThrow('got 5 at index 2');
    expect([...confusion.counts]).toEqual([1, 0, 0, 0]);
  });
});

describe('value of the matching', () => {
  const sizes = [1, 2, 3, 4, 5, 6];
  const cases = sizes.flatMap((clusters) => sizes.map((classes) => [clusters, classes] as const));
  it.each(cases)(
    'gets as many pixels right as the best of all trials: %i clusters, %i classes',
    (clusters, classes) => {
      for (const [seed, most] of [1000, 3, 1].entries()) {
        const rows = randomRows(clusters, classes, most, seed);
        const matching = matchClusters(matrix(rows), 'one-to-one');
        const matched = matching.filter((id) => id !== -1);
        expect(rightPixels(rows, matching)).toBe(bestByTrial(rows));
        expect(new Set(matched).size).toBe(Math.min(clusters, classes));
      }
    },
  );

  it('takes a class from a cluster that has most of it, when all gain by that', () => {
    expect([
      ...matchClusters(
        matrix([
          [10, 9],
          [8, 0],
        ]),
        'one-to-one',
      ),
    ]).toEqual([1, 0]);
  });

  it('matches an empty matrix one to one all the same, and no cluster by majority', () => {
    const empty = new ConfusionMatrix(3, 3);
    expect(new Set(matchClusters(empty, 'one-to-one'))).toEqual(new Set([0, 1, 2]));
    expect([...matchClusters(empty, 'majority')]).toEqual([-1, -1, -1]);
  });

  it('gives each cluster its most frequent class by majority, the first of equal ones', () => {
    expect([
      ...matchClusters(
        matrix([
          [1, 5, 5],
          [0, 0, 2],
          [0, 7, 3],
          [0, 0, 0],
        ]),
        'majority',
      ),
    ]).toEqual([1, 2, 1, -1]);
  });

  it('matches 1000 clusters to 1000 classes in seconds', () => {
    const rows = randomRows(1000, 1000, 1_000_000, 7);
    const start = performance.now();
    expect(new Set(matchClusters(matrix(rows), 'one-to-one')).size).toBe(1000);
    // 0.15 s on a quiet machine; hours if the cost grew too fast
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});

describe('value of the scores', () => {
  it('is that of the sums written out', () => {
    const result = scores(
      matrix([
        [50, 10],
        [5, 35],
      ]),
      Int32Array.of(0, 1),
    );
    expect(result.pixelAccuracy).toBe(85 / 100);
    expect(result.classAccuracy).toBeCloseTo((50 / 55 + 35 / 45) / 2, 12);
    expect(result.iou).toEqual([50 / 65, 35 / 50]);
    expect(result.meanIoU).toBeCloseTo((50 / 65 + 35 / 50) / 2, 12);
  });

  it('counts the pixels of an unmatched cluster as wrong, and as predicted nowhere', () => {
    const result = scores(
      matrix([
        [6, 0],
        [0, 2],
        [2, 0],
      ]),
      Int32Array.of(0, 1, -1),
    );
    expect(result.pixelAccuracy).toBe(0.8);
    expect(result.iou).toEqual([6 / 8, 1]);
  });

  it('joins the clusters of one class', () => {
    expect(
      scores(
        matrix([
          [4, 0],
          [3, 0],
          [0, 3],
        ]),
        Int32Array.of(0, 0, 1),
      ),
    ).toEqual({
      pixelAccuracy: 1,
      meanIoU: 1,
      classAccuracy: 1,
      iou: [1, 1],
    });
  });

  it('leaves a class without pixels out of the means, though it is predicted', () => {
    const result = scores(
      matrix([
        [6, 0, 0],
        [0, 2, 0],
        [2, 0, 0],
      ]),
      Int32Array.of(0, 1, 2),
    );
    expect(result.iou).toEqual([6 / 8, 1, Number.NaN]);
    expect(result.meanIoU).toBe((6 / 8 + 1) / 2);
    expect(result.classAccuracy).toBe((6 / 8 + 1) / 2);
    expect(JSON.stringify(result.iou)).toBe('[0.75,1,null]');
  });

  it('is 1 for one cluster and one class, and NaN without pixels', () => {
    expect(scores(matrix([[3]]), Int32Array.of(0)).pixelAccuracy).toBe(1);
    expect(scores(new ConfusionMatrix(1, 1), Int32Array.of(0)).pixelAccuracy).toBeNaN();
  });
});

describe('error', () => {
  const confusion = new ConfusionMatrix(3, 2);
  it.each([
    [
      'no clusters',
      () => new ConfusionMatrix(0, 2),
      'ConfusionMatrix: clusters and classes must be positive integers, got 0 and 2',
    ],
    [
      'lists of different lengths',
      () => confusion.add([0], [0, 1]),
      'ConfusionMatrix.add: clusterIds and classIds must have one length, got 1 and 2',
    ],
    [
      'a cluster out of range',
      () => confusion.add([0, 3], [0, 0]),
      'ConfusionMatrix.add: cluster id must be an integer from 0 to 2, got 3 at index 1',
    ],
    [
      'a class out of range',
      () => confusion.add([0, 1], [0, 255]),
      'ConfusionMatrix.add: class id must be an integer from 0 to 1, got 255 at index 1',
    ],
    [
      'a negative class',
      () => confusion.add([0], [-1], 255),
      'ConfusionMatrix.add: class id must be an integer from 0 to 1, got -1 at index 0',
    ],
    [
      'half a cluster',
      () => confusion.add([0.5], [0]),
      'ConfusionMatrix.add: cluster id must be an integer from 0 to 2, got 0.5 at index 0',
    ],
    [
      'a matrix of another size',
      () => confusion.merge(new ConfusionMatrix(2, 3)),
      'ConfusionMatrix.merge: sizes must be equal, got 3 x 2 and 2 x 3',
    ],
    [
      'an unknown matching',
      () => matchClusters(confusion, 'best' as Matching),
      "matchClusters: matching must be 'one-to-one' or 'majority', got 'best'",
    ],
    [
      'a matching of another length',
      () => scores(confusion, Int32Array.of(0)),
      'scores: matching must have one class for each of 3 clusters, got 1',
    ],
    [
      'a matching to no class',
      () => scores(confusion, Int32Array.of(0, 1, 2)),
      'scores: matching must hold classes from 0 to 1, or -1, got 2',
    ],
  ])('refuses %s', (_, call, text) => {
    expect(call).toThrow(new RangeError(text));
  });
});
