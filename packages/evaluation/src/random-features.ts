/**
 * Features of a convolutional network that was never trained: what its shape alone gives.
 *
 * Twice: convolution 3x3 with random kernels, ReLU, max-pool 2x2. Kernels are drawn as Glorot and Bengio do.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { FeatureExtractor } from './features.js';
import { generatorOf } from './generator.js';
import type { Image } from './image.js';

export interface RandomFeaturesOptions {
  readonly channels: number;
  readonly seed: number;
  /** Features of the first and the second layer. @defaultValue [16, 32] */
  readonly widths?: readonly [number, number];
}

/** @returns [H, W, C] -> [floor(H / 4), floor(W / 4), F] */
export function randomFeatures({ channels, seed, widths = [16, 32] }: RandomFeaturesOptions): FeatureExtractor {
  const random = generatorOf(seed);
  const first = randomKernel(channels, widths[0], random);
  const second = randomKernel(widths[0], widths[1], random);
  return (image) => {
    if (image.shape[2] !== channels) {
      throw new RangeError(`randomFeatures: images must have ${channels} channels, got ${image.shape[2]}`);
    }
    return layer(layer(image, first, widths[0]), second, widths[1]);
  };
}

/** [9 * from * to] */
function randomKernel(from: number, to: number, random: RandomGenerator): Float32Array {
  const bound = Math.sqrt(6 / (9 * (from + to)));
  return Float32Array.from({ length: 9 * from * to }, () => bound * (2 * uniformFloat64(random) - 1));
}

function layer(image: Image, kernel: Float32Array, filters: number): Image {
  const [height, width] = image.shape;
  const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)];
  const pooled = new Float32Array(rows * columns * filters);
  const sums = new Float32Array(filters);
  for (let r = 0; r < 2 * rows; r++) {
    for (let c = 0; c < 2 * columns; c++) {
      convolveAt(image, kernel, r, c, sums);
      const at = (Math.floor(r / 2) * columns + Math.floor(c / 2)) * filters;
      // The maximum starts at 0, which is the ReLU.
      for (let f = 0; f < filters; f++) pooled[at + f] = Math.max(pooled[at + f], sums[f]);
    }
  }
  return { shape: [rows, columns, filters], data: pooled };
}

/** Centred 3x3, zero outside of the image. */
function convolveAt({ shape, data }: Image, kernel: Float32Array, row: number, column: number, sums: Float32Array) {
  const [height, width, channels] = shape;
  const filters = sums.length;
  sums.fill(0);
  for (let tap = 0; tap < 9; tap++) {
    const [r, c] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
    if (r < 0 || r >= height || c < 0 || c >= width) continue;
    for (let channel = 0; channel < channels; channel++) {
      const value = data[(r * width + c) * channels + channel];
      const weights = (tap * channels + channel) * filters;
      for (let f = 0; f < filters; f++) sums[f] += value * kernel[weights + f];
    }
  }
}
