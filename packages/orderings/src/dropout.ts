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

/**
 * Sets a share of the channels of each map to zero and scales the others up, so that the mean stays.
 *
 * @param name - the class or function named in the text of the error
 * @param x - [N, H, W, C]
 * @param rate - share in [0, 1); 0 draws nothing
 * @throws RangeError when there is something to draw and no generator
 */
export function dropChannels(name: string, x: tf.Tensor4D, rate: number, random?: RandomGenerator): tf.Tensor4D {
  if (rate === 0) return x;
  if (random === undefined) {
    throw new RangeError(`${name}: dropout ${rate} needs a random generator in training, got none; pass { random }`);
  }
  const [maps, , , channels] = x.shape;
  const scale = Float32Array.from({ length: maps * channels }, () =>
    uniformFloat64(random) < rate ? 0 : 1 / (1 - rate),
  );
  return tf.tidy(() => tf.mul(x, tf.tensor4d(scale, [maps, 1, 1, channels])));
}

/** @throws RangeError when the rate is not in [0, 1); `name` is the class or function named in the text */
export function checkDropout(name: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`${name}: dropout must be in [0, 1), got ${rate}`);
}
