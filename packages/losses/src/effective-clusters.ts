/**
 * How many clusters a soft segmentation uses: the gauge that shows a collapse before any label does.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkGroups, checkMask } from './checks.js';
import { entropy, normalize } from './information.js';
import type { AllReduce } from './joint-distribution.js';
import { masked } from './masked.js';

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
  return tf.tidy(() => ofShares(tf.sum(masked(probs, mask), [0, 1, 2]), allReduce) as tf.Scalar);
}

/**
 * The same within each group of images by itself: of several segmentations in one batch, that of each.
 *
 * @param probs - [N, H, W, K] float32, rows sum to 1
 * @param groups - [G, N], 1 where an image belongs to a group, else 0
 * @returns [G], in [1, K]
 * @throws RangeError when groups or the mask are of another shape
 * @example
 * const p = tf.cast(tf.oneHot([0, 1, 0, 0], 2), 'float32').reshape([2, 1, 2, 2]);
 * effectiveClustersOfGroups(p, tf.eye(2)).print(); // [2, 1]
 */
export function effectiveClustersOfGroups(
  probs: tf.Tensor4D,
  groups: tf.Tensor2D,
  options: EffectiveClustersOptions = {},
): tf.Tensor1D {
  const { mask, allReduce } = options;
  checkMask('effectiveClustersOfGroups', probs.shape, mask);
  checkGroups('effectiveClustersOfGroups', probs.shape[0], groups);
  return tf.tidy(() => {
    const ofImages = tf.sum<tf.Tensor2D>(masked(probs, mask), [1, 2]); // [N, K]
    return ofShares(tf.matMul(groups, ofImages), allReduce) as tf.Tensor1D;
  });
}

/** [..., K] sums of probabilities -> [...]. */
function ofShares(sums: tf.Tensor, allReduce: AllReduce | undefined): tf.Tensor {
  const all = allReduce === undefined ? sums : allReduce(sums);
  return tf.exp(entropy(normalize(all, 1)));
}
