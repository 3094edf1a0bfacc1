import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { assignClusters, kMeans } from './k-means.js';

const CENTRES = [
  [0, 0],
  [10, 0],
  [0, 10],
];

/** Fifty points around each centre, within half a unit. */
function blobs(): Float32Array {
  const random = xoroshiro128plus(2);
  const point = ([x, y]: number[]) => [x + uniformFloat64(random) - 0.5, y + uniformFloat64(random) - 0.5];
  return Float32Array.from(CENTRES.flatMap((centre) => Array.from({ length: 50 }, () => point(centre))).flat());
}

/** Sum of squared distances to the nearest centroid, by loops. */
function inertiaOf(points: Float32Array, centroids: Float64Array): number {
  let total = 0;
  for (let i = 0; i < points.length; i += 2) {
    let nearest = Infinity;
    for (let k = 0; k < centroids.length; k += 2) {
      nearest = Math.min(nearest, (points[i] - centroids[k]) ** 2 + (points[i + 1] - centroids[k + 1]) ** 2);
    }
    total += nearest;
  }
  return total;
}

describe('value', () => {
  it('finds well-separated groups: each centroid is the mean of one', () => {
    const points = blobs();
    const { centroids, inertia } = kMeans(points, { dimensions: 2, clusters: 3, seed: 0 });
    const ids = assignClusters(points, centroids, 2);
    for (let group = 0; group < 3; group++) {
      const members = ids.subarray(group * 50, (group + 1) * 50);
      expect(new Set(members).size).toBe(1);
      for (let d = 0; d < 2; d++) {
        let mean = 0;
        for (let i = 0; i < 50; i++) mean += points[(group * 50 + i) * 2 + d] / 50;
        expect(centroids[members[0] * 2 + d]).toBeCloseTo(mean, 5);
      }
    }
    expect(new Set(ids).size).toBe(3);
    expect(inertia).toBeCloseTo(inertiaOf(points, centroids), 6);
  });

  it('is the mean for one cluster and no error for a cluster a point', () => {
    const points = Float32Array.of(0, 0, 2, 0, 4, 6);
    expect([...kMeans(points, { dimensions: 2, clusters: 1, seed: 0 }).centroids]).toEqual([2, 2]);
    expect(kMeans(points, { dimensions: 2, clusters: 3, seed: 0 }).inertia).toBe(0);
  });

  it('gives the same centroids for the same seed', () => {
    const run = (seed: number) => [...kMeans(blobs(), { dimensions: 2, clusters: 4, seed, restarts: 1 }).centroids];
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  it('stands many equal points', () => {
    const points = new Float32Array(20).fill(0.5);
    expect(kMeans(points, { dimensions: 2, clusters: 3, seed: 0 }).inertia).toBe(0);
  });
});

describe('error', () => {
  it('names more clusters than points', () => {
    expect(() => kMeans(new Float32Array(4), { dimensions: 2, clusters: 3, seed: 0 })).toThrow(
      'kMeans: clusters must be an integer in 1..2 (the number of points), got 3',
    );
  });

  it('names points that are not whole rows', () => {
    expect(() => kMeans(new Float32Array(5), { dimensions: 2, clusters: 1, seed: 0 })).toThrow(
      'kMeans: points must be whole rows of 2, got 5 numbers',
    );
  });
});
