/**
 * Mutual information of two soft segmentations: the clustering objective (AC) of [1].
 *
 * Two views of the same images agree on what is where, and use all clusters, when the cluster of a position in one tells
 * most about the cluster at and around it in the other.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019.
 * Differs from [2]: 0 log 0 = 0 by a mask, where its code raises small probabilities to an epsilon.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkNonNegative } from './checks.js';
import { information, type InformationOptions } from './information.js';
import {
  checkMaps,
  jointDistribution,
  jointDistributionPerDisplacement,
  type JointDistributionOptions,
} from './joint-distribution.js';

export interface MutualInformationOptions extends JointDistributionOptions, InformationOptions {
  /**
   * 'pooled': one joint distribution of all displacements, at a cost that hardly depends on T. 'per-displacement': the
   * mean of the information at each displacement, one matrix product for each. @defaultValue 'pooled'
   */
  readonly joint?: 'pooled' | 'per-displacement';
}

/**
 * Mutual information of the clusters of two maps, in nats.
 *
 *   I(P) = sum_kl P[k,l] (log P[k,l] - w log P[k,.] - w log P[.,l]),   0 log 0 = 0,   w = entropyWeight
 *
 * P is the joint distribution of `jointDistribution`, or I is the mean over those of `jointDistributionPerDisplacement`.
 *
 * @param a - [N, H, W, K] float32 probabilities, each row sums to 1 (after the softmax, not logits)
 * @param b - same shape as `a`
 * @returns scalar, nats, in [0, log K] when w = 1; differentiable in `a` and `b`, finite where they are 0 or 1
 * @throws RangeError when shapes differ, T reaches H or W, or an option is out of range
 * @example
 * const p = tf.oneHot([0, 1, 2, 3], 4, 1, 0, 'float32').reshape([1, 2, 2, 4]);
 * mutualInformation(p, p).print(); // log 4 = 1.386
 * @see [1], [2]
 */
export function mutualInformation(a: tf.Tensor4D, b: tf.Tensor4D, options: MutualInformationOptions = {}): tf.Scalar {
  const { joint = 'pooled', entropyWeight = 1 } = options;
  checkMaps('mutualInformation', a, b, options);
  checkNonNegative('mutualInformation', 'entropyWeight', entropyWeight);
  return tf.tidy(() => {
    switch (joint) {
      case 'pooled':
        return information(jointDistribution(a, b, options), options) as tf.Scalar;
      case 'per-displacement':
        return tf.mean(information(jointDistributionPerDisplacement(a, b, options), options)) as tf.Scalar;
      default:
        throw new RangeError(`mutualInformation: joint must be 'pooled' or 'per-displacement', got '${String(joint)}'`);
    }
  });
}

/**
 * The loss of AC: minus the mutual information, to be minimised.
 *
 * @param a - [N, H, W, K] float32 probabilities, each row sums to 1 (after the softmax, not logits)
 * @param b - same shape as `a`
 * @returns scalar, nats, in [-log K, 0] when entropyWeight = 1
 * @throws RangeError as `mutualInformation`
 * @see [1]
 */
export function clusteringLoss(a: tf.Tensor4D, b: tf.Tensor4D, options: MutualInformationOptions = {}): tf.Scalar {
  return tf.tidy(() => tf.neg(mutualInformation(a, b, options)));
}
