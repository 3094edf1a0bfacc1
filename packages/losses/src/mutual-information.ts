/**
 * Mutual information of two soft segmentations: the clustering objective (AC) of [1].
 *
 * Two views of the same images agree on what is where, and use all clusters, when the cluster of a position in one tells
 * most about the cluster at and around it in the other. It tells as well what kind of image the position is in, such as a
 * dark one: a part of the information that is left out where it is counted within groups of like images.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019.
 * Differs from [2]: 0 log 0 = 0 by a mask, where its code raises small probabilities to an epsilon.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkGroups, checkNonNegative } from './checks.js';
import { information, type InformationOptions } from './information.js';
import {
  checkMaps,
  jointDistribution,
  jointDistributionPerDisplacement,
  jointDistributionsOfGroups,
  type JointDistributionOptions,
} from './joint-distribution.js';

export interface MutualInformationOptions extends JointDistributionOptions, InformationOptions {
  /**
   * 'pooled': one joint distribution of all displacements, at a cost that hardly depends on T. 'per-displacement': the
   * mean of the information at each displacement, one matrix product for each. @defaultValue 'pooled'
   */
  readonly joint?: 'pooled' | 'per-displacement';
  /**
   * [G, N], 1 where an image belongs to a group, else 0: the information is that within groups. @defaultValue one group of
   * all images, as in [1]
   */
  readonly groups?: tf.Tensor2D;
}

/**
 * Mutual information of the clusters of two maps, in nats.
 *
 *   I(P) = sum_kl P[k,l] (log P[k,l] - w log P[k,.] - w log P[.,l]),   0 log 0 = 0,   w = entropyWeight
 *
 * P is the joint distribution of `jointDistribution`, or I is the mean over those of `jointDistributionPerDisplacement`. With
 * groups of images, P_g the joint distribution within group g and p_g its share of all pairs of positions, it is
 *
 *   sum_g p_g I(P_g)
 *
 * @param a - [N, H, W, K] float32 probabilities, each row sums to 1 (after the softmax, not logits)
 * @param b - same shape as `a`
 * @returns scalar, nats, in [0, log K] when w = 1; differentiable in `a` and `b`, finite where they are 0 or 1
 * @throws RangeError when shapes differ, T reaches H or W, or an option is out of range
 * @example
 * const p = tf.cast(tf.oneHot([0, 1, 2, 3], 4), 'float32').reshape([1, 2, 2, 4]);
 * mutualInformation(p, p).print(); // log 4 = 1.386
 * @see [1], [2]
 */
export function mutualInformation(a: tf.Tensor4D, b: tf.Tensor4D, options: MutualInformationOptions = {}): tf.Scalar {
  const joint = checked('mutualInformation', a, b, options);
  const { groups } = options;
  return tf.tidy(() => {
    if (groups !== undefined) {
      const { information, shares } = withinGroups(a, b, groups, { ...options, joint });
      return tf.sum(tf.mul(shares, information));
    }
    if (joint === 'pooled') return information(jointDistribution(a, b, options), options) as tf.Scalar;
    return tf.mean(information(jointDistributionPerDisplacement(a, b, options), options)) as tf.Scalar;
  });
}

/** Of each group of images, [G]. */
export interface GroupInformation {
  /** Mutual information within the group, nats. */
  readonly information: tf.Tensor1D;
  /** The share of all pairs of positions that the group holds; sums to 1. */
  readonly shares: tf.Tensor1D;
}

/**
 * The mutual information within each group of images by itself: of several segmentations in one batch, that of each.
 *
 * @param a - [N, H, W, K] float32 probabilities, each row sums to 1
 * @param b - same shape as `a`
 * @param groups - [G, N], 1 where an image belongs to a group, else 0
 * @throws RangeError as `mutualInformation`
 * @example
 * const p = tf.cast(tf.oneHot([0, 1, 0, 0], 2), 'float32').reshape([2, 1, 2, 2]);
 * mutualInformationOfGroups(p, p, tf.eye(2)).information.print(); // [log 2, 0]
 */
export function mutualInformationOfGroups(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  groups: tf.Tensor2D,
  options: Omit<MutualInformationOptions, 'groups'> = {},
): GroupInformation {
  const joint = checked('mutualInformationOfGroups', a, b, { ...options, groups });
  return tf.tidy(() => withinGroups(a, b, groups, { ...options, joint }) as GroupInformation & tf.NamedTensorMap);
}

function withinGroups(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  groups: tf.Tensor2D,
  options: MutualInformationOptions & { readonly joint: 'pooled' | 'per-displacement' },
): GroupInformation {
  const { joints, shares } = jointDistributionsOfGroups(a, b, groups, options);
  const informations = information(joints, options); // [G] or [G, U]
  return { information: (options.joint === 'pooled' ? informations : tf.mean(informations, 1)) as tf.Tensor1D, shares };
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

/** @returns the kind of joint distribution */
function checked(
  name: string,
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  options: MutualInformationOptions,
): 'pooled' | 'per-displacement' {
  const { joint = 'pooled', entropyWeight = 1, groups } = options;
  checkMaps(name, a, b, options);
  checkNonNegative(name, 'entropyWeight', entropyWeight);
  checkGroups(name, a.shape[0], groups);
  if (joint === 'pooled' || joint === 'per-displacement') return joint;
  throw new RangeError(`${name}: joint must be 'pooled' or 'per-displacement', got '${String(joint)}'`);
}
