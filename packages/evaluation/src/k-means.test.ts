import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { describe, expect, it } from 'vitest';
import { kMeans, segmentByCentroids } from './index.js';

/** Fifty points around each of three centres, within half a unit. */
function blobs(): Float32Array {
  const random = xoroshiro128plus(2);
  const around = (x: number) => x + uniformFloat64(random) - 0.5;
  const centres = [0, 1, 2].flatMap((centre) => Array<number>(50).fill(centre));
  return Float32Array.from(
    centres.flatMap((centre) => [around(10 * Number(centre === 1)), around(10 * Number(centre === 2))]),
  );
}

function noise(length: number, seed: number): Float32Array {
  const random = xoroshiro128plus(seed);
  return Float32Array.from({ length }, () => uniformFloat64(random));
}

/** Squared distance of each point to its nearest centroid, and which that is, by loops. */
function nearest(points: Float32Array, centroids: readonly (readonly number[])[]) {
  const dimensions = centroids[0].length;
  return Array.from({ length: points.length / dimensions }, (_, index) => {
    const distances = centroids.map((centroid) =>
      centroid.reduce((sum, value, d) => sum + (points[index * dimensions + d] - value) ** 2, 0),
    );
    const distance = Math.min(...distances);
    return { distance, cluster: distances.indexOf(distance) };
  });
}

const options = { dimensions: 2, clusters: 3, seed: 0 };

describe('shape', () => {
  it('has a centroid for each cluster and a cluster for each point', () => {
    const { centroids, assignment } = kMeans(noise(40 * 4, 1), { dimensions: 4, clusters: 5, seed: 1 });
    expect(centroids.map((centroid) => centroid.length)).toEqual([4, 4, 4, 4, 4]);
    expect(assignment).toHaveLength(40);
  });
});

describe('value', () => {
  it('finds well-separated groups: each centroid is the mean of one', () => {
    const points = blobs();
    const { centroids, assignment, converged } = kMeans(points, options);
    expect(converged).toBe(true);
    expect(new Set(assignment).size).toBe(3);
    for (const group of [0, 1, 2]) {
      const members = assignment.subarray(group * 50, (group + 1) * 50);
      expect(new Set(members).size).toBe(1);
      for (const d of [0, 1]) {
        const values = Array.from({ length: 50 }, (_, index) => points[(group * 50 + index) * 2 + d]);
        expect(centroids[members[0]][d]).toBeCloseTo(values.reduce((sum, value) => sum + value) / 50, 10);
      }
    }
  });

  it('ends where neither step changes anything, with the inertia of what it returns', () => {
    const points = noise(300 * 2, 3);
    const { centroids, assignment, inertia } = kMeans(points, { ...options, clusters: 7 });
    const expected = nearest(points, centroids);
    expect([...assignment]).toEqual(expected.map(({ cluster }) => cluster));
    expect(inertia).toBeCloseTo(
      expected.reduce((sum, { distance }) => sum + distance, 0),
      10,
    );
    const means = centroids.map((centroid, cluster) =>
      centroid.map((_, d) => {
        const values = [...assignment.keys()].filter((i) => assignment[i] === cluster).map((i) => points[i * 2 + d]);
        return values.reduce((sum, value) => sum + value) / values.length;
      }),
    );
    means.forEach((mean, cluster) => mean.forEach((value, d) => expect(centroids[cluster][d]).toBeCloseTo(value, 10)));
  });

  it('returns what it reached when the iterations run out, with the points assigned to it', () => {
    const points = noise(300 * 2, 3);
    const { centroids, assignment, converged, iterations } = kMeans(points, {
      ...options,
      clusters: 7,
      maxIterations: 2,
    });
    expect({ converged, iterations }).toEqual({ converged: false, iterations: 2 });
    expect([...assignment]).toEqual(nearest(points, centroids).map(({ cluster }) => cluster));
  });

  it('is no worse with more restarts', () => {
    const inertiaAfter = (restarts: number) =>
      kMeans(noise(200 * 2, 4), { ...options, clusters: 12, restarts }).inertia;
    expect(inertiaAfter(1)).toBeGreaterThan(inertiaAfter(10));
  });

  it('gives the same result for the same seed, another for another', () => {
    const run = (seed: number) => kMeans(noise(200 * 2, 4), { ...options, clusters: 9, seed, restarts: 1 });
    expect(run(5)).toEqual(run(5));
    expect(run(5).centroids).not.toEqual(run(6).centroids);
  });

  it('goes on with a generator that it is given', () => {
    const run = (seed: RandomGenerator) => kMeans(noise(200 * 2, 4), { ...options, seed, restarts: 1 });
    const random = xoroshiro128plus(5);
    const [first, second] = [run(random), run(random)];
    expect(first).toEqual(run(xoroshiro128plus(5)));
    expect(second.centroids).not.toEqual(first.centroids);
  });

  it('is the mean for one cluster, and exact for a cluster a point', () => {
    const points = Float32Array.of(0, 0, 2, 0, 4, 6);
    expect(kMeans(points, { ...options, clusters: 1 }).centroids).toEqual([[2, 2]]);
    expect(kMeans(points, options).inertia).toBe(0);
  });

  it('leaves clusters empty when points are equal, and uses them all when they are not', () => {
    const equal = kMeans(new Float32Array(20).fill(0.5), options);
    expect(equal).toMatchObject({ inertia: 0, converged: true });
    expect(new Set(equal.assignment).size).toBe(1);
    // ninety equal points and ten of their own
    const points = Float32Array.from({ length: 200 }, (_, index) => (index < 180 ? 0 : index));
    expect(new Set(kMeans(points, { ...options, clusters: 11 }).assignment).size).toBe(11);
  });
});

describe('value of the segmentation', () => {
  it('gives each pixel the centroid of the nearest colour, the first of equally near ones', () => {
    const image = { shape: [2, 2, 2] as const, data: Float32Array.of(0, 0, 1, 1, 0.9, 0.8, 0.5, 0.5) };
    expect(
      segmentByCentroids(image, [
        [0, 0],
        [1, 1],
      ]),
    ).toEqual(Int32Array.of(0, 1, 1, 0));
  });
});

describe('error', () => {
  const points = new Float32Array(8);
  it.each([
    [
      'more clusters than points',
      () => kMeans(points, { ...options, clusters: 5 }),
      'kMeans: points must hold at least 5 points (clusters) of 2 numbers (dimensions), got 8 numbers',
    ],
    [
      'points that are not whole',
      () => kMeans(points, { ...options, dimensions: 3, clusters: 1 }),
      'kMeans: points must hold at least 1 points (clusters) of 3 numbers (dimensions), got 8 numbers',
    ],
    [
      'no clusters',
      () => kMeans(points, { ...options, clusters: 0 }),
      'kMeans: clusters must be a positive integer, got 0',
    ],
    [
      'half a restart',
      () => kMeans(points, { ...options, restarts: 0.5 }),
      'kMeans: restarts must be a positive integer, got 0.5',
    ],
    [
      'a point that is not finite',
      () => kMeans(Float32Array.of(0, 0, Number.NaN, 0, 0, 0), options),
      'kMeans: points must be finite, got NaN at index 2',
    ],
    [
      'centroids of other channels',
      () => segmentByCentroids({ shape: [1, 1, 2], data: Float32Array.of(0, 0) }, [[0, 0, 0]]),
      "segmentByCentroids: centroids must have the image's 2 channels, got a centroid of 3",
    ],
  ])('refuses %s', (_, call, text) => {
    expect(call).toThrow(new RangeError(text));
  });
});
