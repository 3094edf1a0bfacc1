/**
 * Features of images, as maps of numbers on any grid that spans the image, and samples of them.
 */
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { generatorOf } from './generator.js';
import type { Image, LabelledImage, Samples } from './image.js';
import { PixelSample } from './pixel-sample.js';

/** Describes the places of an image: [H, W, C] -> [h, w, F], where the grid may be coarser than the image's. */
export type FeatureExtractor = (image: Image) => Image | Promise<Image>;

export interface FeatureSampleOptions {
  /** Places that are drawn, at most. @defaultValue 50000 */
  readonly sampleSize?: number;
  /** A seed, or a generator that goes on. */
  readonly random: number | RandomGenerator;
  /** The function that errors name. @defaultValue 'sampleFeatures' */
  readonly caller?: string;
}

/** Places in rows. */
export interface FeatureSample {
  /** [places * dimensions] */
  readonly points: Float32Array;
  readonly dimensions: number;
}

/**
 * A uniform sample of the features at valid places of all images, labels unseen.
 *
 * @throws RangeError when there is no image or images differ in features
 */
export async function sampleFeatures(
  samples: Samples,
  features: FeatureExtractor,
  options: FeatureSampleOptions,
): Promise<FeatureSample> {
  const { sampleSize = 50_000, caller = 'sampleFeatures' } = options;
  const random = generatorOf(options.random);
  let sample: PixelSample | undefined;
  let dimensions = 0;
  for await (const { image, valid } of samples) {
    const map = await features(image);
    dimensions ||= map.shape[2];
    if (map.shape[2] !== dimensions) {
      throw new RangeError(`${caller}: all images must have the same channels, got ${dimensions} and ${map.shape[2]}`);
    }
    sample ??= new PixelSample(sampleSize, dimensions, random);
    sample.add({ image: map, valid: valid && nearestIds(valid, image.shape, map.shape) });
  }
  if (!sample || sample.points.length === 0) {
    throw new RangeError(`${caller}: there must be pixels to fit on, got no image with a valid pixel`);
  }
  return { points: sample.points, dimensions };
}

/**
 * Features and the label in the channel behind them, which one sample draws together, apart.
 *
 * @param rows - [points * (dimensions + 1)]
 * @returns points [points * dimensions] and labels [points]
 */
export function labelledPoints(rows: Float32Array, dimensions: number): { points: Float32Array; labels: Int32Array } {
  const count = rows.length / (dimensions + 1);
  const points = new Float32Array(count * dimensions);
  const labels = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const start = row * (dimensions + 1);
    points.set(rows.subarray(start, start + dimensions), row * dimensions);
    labels[row] = rows[start + dimensions];
  }
  return { points, labels };
}

/** Ids at the centres of a coarser grid's places. */
export function nearestIds<Ids extends Uint8Array | Int32Array>(
  ids: Ids,
  [height, width]: readonly number[],
  [rows, columns]: readonly number[],
): Ids {
  if (height === rows && width === columns) return ids;
  const picked = new (ids.constructor as new (length: number) => Ids)(rows * columns);
  for (let r = 0; r < rows; r++) {
    const row = Math.floor(((r + 0.5) * height) / rows);
    for (let c = 0; c < columns; c++) {
      picked[r * columns + c] = ids[row * width + Math.floor(((c + 0.5) * width) / columns)];
    }
  }
  return picked;
}

/** Only what is valid of the ids of an image. */
export function onlyValid(ids: Int32Array, valid: LabelledImage['valid']): Int32Array {
  return valid === undefined ? ids : ids.filter((_, pixel) => valid[pixel] !== 0);
}
