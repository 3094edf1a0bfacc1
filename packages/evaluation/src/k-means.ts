/**
 * K-means [1] with the seeding of [2].
 *
 * [1] Lloyd. Least squares quantization in PCM. 1982.
 * [2] Arthur, Vassilvitskii. k-means++: The Advantages of Careful Seeding. SODA 2007.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export interface KMeansOptions {
  /** Numbers a point. */
  readonly dimensions: number;
  readonly clusters: number;
  readonly seed: number;
  /** @defaultValue 100 */
  readonly maxIterations?: number;
  /** Starts, of which the one with the least inertia is kept. @defaultValue 4 */
  readonly restarts?: number;
}

export interface KMeans {
  /** [clusters * dimensions] */
  readonly centroids: Float64Array;
  /** Sum over points of the squared distance to the nearest centroid. */
  readonly inertia: number;
}

/**
 * Centroids of the points; the same seed gives the same ones.
 *
 * @param points - [n * dimensions] float, point after point
 * @throws RangeError when there are fewer points than clusters, or a number is out of range
 */
export function kMeans(points: Float32Array, options: KMeansOptions): KMeans {
  const { dimensions, clusters, seed, maxIterations = 100, restarts = 4 } = options;
  const count = points.length / dimensions;
  if (!Number.isInteger(count)) {
    throw new RangeError(`kMeans: points must be whole rows of ${dimensions}, got ${points.length} numbers`);
  }
  if (!Number.isInteger(clusters) || clusters < 1 || clusters > count) {
    throw new RangeError(`kMeans: clusters must be an integer in 1..${count} (the number of points), got ${clusters}`);
  }
  const random = xoroshiro128plus(seed);
  let best: KMeans | undefined;
  for (let start = 0; start < restarts; start++) {
    const found = lloyd(points, dimensions, spreadCentroids(points, { dimensions, clusters, random }), maxIterations);
    if (!best || found.inertia < best.inertia) best = found;
  }
  return best!;
}

/**
 * The nearest centroid of each point; the first of equally near ones.
 *
 * @returns [n] cluster ids
 */
export function assignClusters(points: Float32Array, centroids: Float64Array, dimensions: number): Int32Array {
  const ids = new Int32Array(points.length / dimensions);
  assign(points, centroids, { dimensions, ids });
  return ids;
}

interface Assignment {
  readonly dimensions: number;
  /** [n], written. */
  readonly ids: Int32Array;
  /** [n] squared distance to the nearest centroid, written if given. */
  readonly distances?: Float64Array;
}

function assign(points: Float32Array, centroids: Float64Array, { dimensions, ids, distances }: Assignment): void {
  const clusters = centroids.length / dimensions;
  for (let i = 0; i < ids.length; i++) {
    let nearest = Infinity;
    for (let k = 0; k < clusters; k++) {
      const distance = squaredDistance(points, i * dimensions, centroids, k * dimensions, dimensions);
      if (distance < nearest) {
        nearest = distance;
        ids[i] = k;
      }
    }
    if (distances) distances[i] = nearest;
  }
}

function lloyd(points: Float32Array, dimensions: number, centroids: Float64Array, maxIterations: number): KMeans {
  const count = points.length / dimensions;
  const clusters = centroids.length / dimensions;
  const ids = new Int32Array(count);
  const distances = new Float64Array(count);
  let inertia = Infinity;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    assign(points, centroids, { dimensions, ids, distances });
    const before = inertia;
    inertia = distances.reduce((total, distance) => total + distance, 0);
    if (inertia >= before) break;
    const sizes = new Float64Array(clusters);
    centroids.fill(0);
    for (let i = 0; i < count; i++) {
      sizes[ids[i]] += 1;
      for (let d = 0; d < dimensions; d++) centroids[ids[i] * dimensions + d] += points[i * dimensions + d];
    }
    for (let k = 0; k < clusters; k++) {
      if (sizes[k] > 0) for (let d = 0; d < dimensions; d++) centroids[k * dimensions + d] /= sizes[k];
      else moveToFarthest(centroids, k, { points, dimensions, distances });
    }
  }
  return { centroids, inertia };
}

/** A centroid without points starts again at the point that is worst served, which then counts as served. */
function moveToFarthest(
  centroids: Float64Array,
  cluster: number,
  { points, dimensions, distances }: { points: Float32Array; dimensions: number; distances: Float64Array },
): void {
  let farthest = 0;
  for (let i = 1; i < distances.length; i++) if (distances[i] > distances[farthest]) farthest = i;
  distances[farthest] = 0;
  for (let d = 0; d < dimensions; d++) centroids[cluster * dimensions + d] = points[farthest * dimensions + d];
}

/** First centroid at random; each further one at a point drawn in proportion to its squared distance from the former. */
function spreadCentroids(
  points: Float32Array,
  { dimensions, clusters, random }: { dimensions: number; clusters: number; random: RandomGenerator },
): Float64Array {
  const count = points.length / dimensions;
  const centroids = new Float64Array(clusters * dimensions);
  const distances = new Float64Array(count).fill(Infinity);
  for (let k = 0, chosen = uniformInt(random, 0, count - 1); k < clusters; k++) {
    for (let d = 0; d < dimensions; d++) centroids[k * dimensions + d] = points[chosen * dimensions + d];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const distance = squaredDistance(points, i * dimensions, centroids, k * dimensions, dimensions);
      distances[i] = Math.min(distances[i], distance);
      total += distances[i];
    }
    chosen = draw(distances, total * uniformFloat64(random));
  }
  return centroids;
}

/** The index at which the running sum of the weights passes `target`. */
function draw(weights: Float64Array, target: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i];
    if (sum > target) return i;
  }
  return weights.length - 1;
}

function squaredDistance(
  points: Float32Array,
  at: number,
  centroids: Float64Array,
  centre: number,
  dimensions: number,
): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) sum += (points[at + d] - centroids[centre + d]) ** 2;
  return sum;
}
