/**
 * The nearest centroid of points: how K-means assigns, and how its clusters segment an image.
 */
import type { Image } from './image.js';
import { interpolateArgMax } from './interpolate-arg-max.js';

/** Where `nearestCentroids` writes. */
export interface Nearest {
  /** [points], the index of the nearest centroid; of equal ones the first. */
  readonly assignment: Int32Array;
  /** [points], squared distance to it. */
  readonly distances: Float64Array;
}

/**
 * Writes the nearest centroid of each point, and returns how many points changed theirs.
 *
 * @param points - [points * dimensions]
 * @param centroids - [clusters * dimensions]
 */
export function nearestCentroids(
  points: Float32Array,
  centroids: Float64Array,
  dimensions: number,
  { assignment, distances }: Nearest,
): number {
  const clusters = centroids.length / dimensions;
  let changed = 0;
  for (let index = 0; index < assignment.length; index++) {
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let cluster = 0; cluster < clusters; cluster++) {
      const distance = squaredDistance(points, index, centroids, cluster, dimensions);
      if (distance < least) {
        least = distance;
        nearest = cluster;
      }
    }
    if (assignment[index] !== nearest) changed++;
    assignment[index] = nearest;
    distances[index] = least;
  }
  return changed;
}

/** Squared Euclidean distance of point `index` to centroid `cluster`. */
export function squaredDistance(
  points: Float32Array,
  index: number,
  centroids: Float64Array,
  cluster: number,
  dimensions: number,
): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) {
    const difference = points[index * dimensions + d] - centroids[cluster * dimensions + d];
    sum += difference * difference;
  }
  return sum;
}

/**
 * The cluster of each pixel of an image: that of the centroid nearest to its colour.
 *
 * @param image - shape [H, W, C], data [H * W * C]
 * @param centroids - one colour of C numbers for each cluster, as `kMeans` and `kMeansBaseline` return them
 * @returns [H * W]
 * @throws RangeError when a centroid has not C numbers
 * @example segmentByCentroids({ shape: [1, 2, 1], data: Float32Array.of(0.1, 0.9) }, [[0], [1]]); // Int32Array [0, 1]
 */
export function segmentByCentroids(image: Image, centroids: readonly (readonly number[])[]): Int32Array {
  const [height, width, channels] = image.shape;
  const fault = centroids.find((centroid) => centroid.length !== channels);
  if (fault !== undefined) {
    throw new RangeError(
      `segmentByCentroids: centroids must have the image's ${channels} channels, got a centroid of ${fault.length}`,
    );
  }
  const pixels = height * width;
  const nearest = { assignment: new Int32Array(pixels), distances: new Float64Array(pixels) };
  nearestCentroids(image.data, Float64Array.from(centroids.flat()), channels, nearest);
  return nearest.assignment;
}

/**
 * The cluster of each pixel from features on a coarser grid: closeness to each centroid is interpolated, then compared.
 *
 * |f - c|^2 differs from -2 c f + |c|^2 by what is the same for all centroids, and that is linear in f: to interpolate it
 * is to interpolate the features.
 *
 * @param features - [h, w, F]
 * @returns [height * width]
 */
export function segmentFeatures(
  { shape, data }: Image,
  centroids: readonly (readonly number[])[],
  [height, width]: readonly [number, number],
): Int32Array {
  const [rows, columns, dimensions] = shape;
  const clusters = centroids.length;
  const squares = centroids.map((centroid) => centroid.reduce((sum, value) => sum + value * value, 0));
  const closeness = new Float32Array(rows * columns * clusters);
  for (let place = 0; place < rows * columns; place++) {
    for (let k = 0; k < clusters; k++) {
      let dot = 0;
      for (let d = 0; d < dimensions; d++) dot += data[place * dimensions + d] * centroids[k][d];
      closeness[place * clusters + k] = 2 * dot - squares[k];
    }
  }
  return interpolateArgMax({ shape: [rows, columns, clusters], data: closeness }, height, width).ids;
}
