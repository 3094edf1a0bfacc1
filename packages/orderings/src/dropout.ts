/**
 * Dropout of whole channels, drawn from a given generator.
 *
 * A channel is dropped at all positions of a map or at none: what a position sees of the past does not change.
 *
 * [1] Tompson, Goroshin, Jain, LeCun, Bregler. Efficient Object Localization Using Convolutional Networks. CVPR 2015.
 */
import * as tf from '@tensorflow/tfjs-core';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { BatchShare } from './batch-share.js';

export interface DropoutOptions {
  /** Share of channels in [0, 1); 0 draws nothing. */
  readonly rate: number;
  readonly random?: RandomGenerator;
  /** Where x is a part of the batch: what the other parts draw is drawn too, so that all parts differ. */
  readonly share?: Pick<BatchShare, 'first' | 'images'>;
}

/**
 * Sets a share of the channels of each map to zero and scales the others up, so that the mean stays.
 *
 * @param name - the class or function named in the text of the error
 * @param x - [N, H, W, C]
 * @throws RangeError when there is something to draw and no generator
 */
export function dropChannels(name: string, x: tf.Tensor4D, { rate, random, share }: DropoutOptions): tf.Tensor4D {
  if (rate === 0) return x;
  if (random === undefined) {
    throw new RangeError(`${name}: dropout ${rate} needs a random generator in training, got none; pass { random }`);
  }
  const [maps, , , channels] = x.shape;
  const { first, images } = share ?? { first: 0, images: maps };
  const all = Float32Array.from({ length: images * channels }, () =>
    uniformFloat64(random) < rate ? 0 : 1 / (1 - rate),
  );
  const own = all.subarray(first * channels, (first + maps) * channels);
  return tf.tidy(() => tf.mul(x, tf.tensor4d(own, [maps, 1, 1, channels])));
}

/** @throws RangeError when the rate is not in [0, 1); `name` is the class or function named in the text */
export function checkDropout(name: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`${name}: dropout must be in [0, 1), got ${rate}`);
}
