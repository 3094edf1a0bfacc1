/**
 * K-means: Lloyd's iterations [1] from k-means++ seeds [2], the best of several restarts.
 *
 * [1] Lloyd. Least Squares Quantization in PCM. IEEE Transactions on Information Theory, 1982.
 * [2] Arthur, Vassilvitskii. k-means++: The Advantages of Careful Seeding. SODA 2007.
 * Differs from [1]: a cluster that loses all its points starts again at the point farthest from its centroid.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { generatorOf } from './generator.js';
import { nearestCentroids, squaredDistance } from './nearest-centroids.js';

export interface KMeansOptions {
  /** Numbers in a point. */
  readonly dimensions: number;
  readonly clusters: number;
  /** A seed, or a generator that goes on. */
  readonly seed: number | RandomGenerator;
  /** Iterations of a restart, at most. @defaultValue 100 */
  readonly maxIterations?: number;
  /** Runs from seeds of their own; that of least inertia is returned. @defaultValue 4 */
  readonly restarts?: number;
}

export interface KMeans {
  /** One point of `dimensions` numbers for each cluster. */
  readonly centroids: readonly (readonly number[])[];
  /** [points], the cluster of each. */
  readonly assignment: Int32Array;
  /** Sum of the squared distances of the points to their centroids. */
  readonly inertia: number;
  readonly iterations: number;
  /** False when `maxIterations` ended it. */
  readonly converged: boolean;
}

/**
 * Centroids of points, and the nearest one of each point.
 *
 * The same points, options and seed give the same result. Points that are fewer than the clusters when equal ones are
 * counted once leave clusters without points.
 *
 * @param points - [points * dimensions], one point after the other
 * @throws RangeError when sizes do not fit, there are fewer points than clusters, or a number is not finite
 * @example kMeans(Float32Array.of(0, 1, 10, 11), { dimensions: 1, clusters: 2, seed: 1 }).centroids; // 0.5 and 10.5
 * @see [1], [2]
 */
export function kMeans(points: Float32Array, options: KMeansOptions): KMeans {
  const { dimensions, clusters, seed, maxIterations = 100, restarts = 4 } = options;
  check(points, { dimensions, clusters, maxIterations, restarts });
  const random = generatorOf(seed);
  const space: Space = { points, dimensions, clusters };
  const runs = Array.from({ length: restarts }, () => lloyd(space, spreadSeeds(space, random), maxIterations));
  const { centroids, ...best } = runs.reduce((least, run) => (run.inertia < least.inertia ? run : least));
  const starts = Array.from({ length: clusters }, (_, cluster) => cluster * dimensions);
  return { ...best, centroids: starts.map((start) => [...centroids.subarray(start, start + dimensions)]) };
}

interface Space {
  readonly points: Float32Array;
  readonly dimensions: number;
  readonly clusters: number;
}

/** k-means++: each next seed is a point drawn with a chance in proportion to its squared distance to the nearest seed. */
function spreadSeeds({ points, dimensions, clusters }: Space, random: RandomGenerator): Float64Array {
  const count = points.length / dimensions;
  const seeds = new Float64Array(clusters * dimensions);
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let chosen = uniformInt(random, 0, count - 1);
  for (let k = 0; k < clusters; k++) {
    seeds.set(points.subarray(chosen * dimensions, (chosen + 1) * dimensions), k * dimensions);
    let total = 0;
    for (let index = 0; index < count; index++) {
      distances[index] = Math.min(distances[index], squaredDistance(points, index, seeds, k, dimensions));
      total += distances[index];
    }
    chosen = drawInProportion(distances, uniformFloat64(random) * total);
  }
  return seeds;
}

/** The first index at which the running sum exceeds `mark`; the last one when none does. */
function drawInProportion(weights: Float64Array, mark: number): number {
  let running = 0;
  const index = weights.findIndex((weight) => (running += weight) > mark);
  return index === -1 ? weights.length - 1 : index;
}

function lloyd(space: Space, centroids: Float64Array, maxIterations: number) {
  const count = space.points.length / space.dimensions;
  const assignment = new Int32Array(count).fill(-1);
  const distances = new Float64Array(count);
  let iterations = 0;
  let converged = false;
  for (; iterations < maxIterations && !converged; iterations++) {
    const changed = nearestCentroids(space.points, centroids, space.dimensions, { assignment, distances });
    const refilled = refillEmpty(space.clusters, assignment, distances);
    converged = changed + refilled === 0;
    if (!converged) moveToMeans(space, assignment, centroids);
  }
  nearestCentroids(space.points, centroids, space.dimensions, { assignment, distances });
  const inertia = distances.reduce((sum, distance) => sum + distance, 0);
  return { centroids, assignment, inertia, iterations, converged };
}

/** Gives each empty cluster the farthest point that has company; returns how many were given one. */
function refillEmpty(clusters: number, assignment: Int32Array, distances: Float64Array): number {
  const sizes = new Float64Array(clusters);
  for (const cluster of assignment) sizes[cluster]++;
  let refilled = 0;
  for (let cluster = 0; cluster < clusters; cluster++) {
    if (sizes[cluster] > 0) continue;
    let farthest = -1;
    let most = 0;
    for (let index = 0; index < assignment.length; index++) {
      if (distances[index] <= most || sizes[assignment[index]] === 1) continue;
      farthest = index;
      most = distances[index];
    }
    if (farthest === -1) break;
    sizes[assignment[farthest]]--;
    sizes[cluster] = 1;
    assignment[farthest] = cluster;
    distances[farthest] = 0;
    refilled++;
  }
  return refilled;
}

/** Each centroid to the mean of its points; one without points stays. */
function moveToMeans({ points, dimensions, clusters }: Space, assignment: Int32Array, centroids: Float64Array): void {
  const sums = new Float64Array(clusters * dimensions);
  const sizes = new Float64Array(clusters);
  for (let index = 0; index < assignment.length; index++) {
    const cluster = assignment[index];
    sizes[cluster]++;
    for (let d = 0; d < dimensions; d++) sums[cluster * dimensions + d] += points[index * dimensions + d];
  }
  for (let cell = 0; cell < sums.length; cell++) {
    const size = sizes[Math.floor(cell / dimensions)];
    if (size > 0) centroids[cell] = sums[cell] / size;
  }
}

function check(points: Float32Array, sizes: Record<'dimensions' | 'clusters' | 'maxIterations' | 'restarts', number>) {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`kMeans: ${name} must be a positive integer, got ${size}`);
    }
  }
  const { dimensions, clusters } = sizes;
  if (points.length % dimensions !== 0 || points.length < clusters * dimensions) {
    throw new RangeError(
      `kMeans: points must hold at least ${clusters} points (clusters) of ${dimensions} numbers (dimensions), ` +
        `got ${points.length} numbers`,
    );
  }
  const fault = points.findIndex((value) => !Number.isFinite(value));
  if (fault !== -1) throw new RangeError(`kMeans: points must be finite, got ${points[fault]} at index ${fault}`);
}
