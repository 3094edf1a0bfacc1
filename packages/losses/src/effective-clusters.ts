/**
 * How many clusters a soft segmentation uses: the gauge that shows a collapse before any label does.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkMask } from './checks.js';
import { entropy, normalize } from './information.js';
import type { AllReduce } from './joint-distribution.js';

export interface EffectiveClustersOptions {
  /** [N, H, W], 1 where a position counts, else 0. @defaultValue every position counts */
  readonly mask?: tf.Tensor3D;
  /** As of `jointDistribution`: the sum over all parts of a batch. @defaultValue the map is all there is */
  readonly allReduce?: AllReduce;
}

/**
 * exp(entropy of the mean assignment): K when all clusters have equal shares, 1 when one has all.
 *
 * @param probs - [N, H, W, K] float32, rows sum to 1
 * @returns scalar in [1, K]; 1 when the mask leaves nothing
 * @throws RangeError when the mask is not [N, H, W]
 * @example effectiveClusters(tf.fill([1, 8, 8, 5], 0.2)).print(); // 5
 */
export function effectiveClusters(probs: tf.Tensor4D, options: EffectiveClustersOptions = {}): tf.Scalar {
  const { mask, allReduce } = options;
  checkMask('effectiveClusters', probs.shape, mask);
  return tf.tidy(() => {
    const counted = mask === undefined ? probs : tf.mul(probs, tf.expandDims(tf.cast(mask, 'float32'), 3));
    const shares = tf.sum(counted, [0, 1, 2]); // [K]
    const all = allReduce === undefined ? shares : allReduce(shares);
    return tf.exp(entropy(normalize(all, 1))) as tf.Scalar;
  });
}
