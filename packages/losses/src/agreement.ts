/**
 * How far two segmentations agree, as it is and beyond chance: which of several tells things apart most reliably.
 *
 * A segmentation that has collapsed into one cluster agrees with itself everywhere, and information rewards clusters that
 * are guessed apart half of the time; agreement beyond chance does neither.
 *
 * [1] Fleiss. Measuring nominal scale agreement among many raters. Psychological Bulletin 76, 1971. For two raters it is
 * Scott's pi: as Cohen's kappa, with the raters' clusters counted together, since no view is first.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkGroups, checkMask, checkPair } from './checks.js';
import { jointDistribution, jointDistributionsOfGroups, type AllReduce } from './joint-distribution.js';

export interface AgreementOptions {
  /** [N, H, W], 1 where a position counts, else 0. @defaultValue every position counts */
  readonly mask?: tf.Tensor3D;
  /** As of `jointDistribution`: the sum over all parts of a batch. @defaultValue the maps are all there is */
  readonly allReduce?: AllReduce;
}

/** Below it the share of chance is one up to rounding, and the difference to it means nothing. */
const LEAST_ROOM = 1e-5;

/**
 * Fleiss' kappa of the most likely clusters of two maps:
 *
 *   (A - C) / (1 - C),   A = share of positions where they are the same,   C = sum_k (share of cluster k in both)^2
 *
 * @param a - [N, H, W, K] float32 probabilities or logits
 * @param b - same shape as `a`
 * @returns scalar in [-1, 1]: 1 where they agree everywhere, 0 by chance, and where one cluster has all positions of both
 * @throws RangeError when shapes differ
 * @example
 * const p = tf.cast(tf.oneHot([0, 1, 2, 3], 4), 'float32').reshape([1, 2, 2, 4]);
 * fleissKappa(p, p).print(); // 1
 * @see [1]
 */
export function fleissKappa(a: tf.Tensor4D, b: tf.Tensor4D, options: AgreementOptions = {}): tf.Scalar {
  check('fleissKappa', a, b, options);
  return tf.tidy(() => kappaOf(jointDistribution(mostLikely(a), mostLikely(b), options)) as tf.Scalar);
}

/**
 * Share of positions where the most likely clusters of two maps are the same: A of `fleissKappa`.
 *
 * @param a - [N, H, W, K] float32 probabilities or logits
 * @param b - same shape as `a`
 * @returns scalar in [0, 1]; 0 where the mask leaves nothing
 * @throws RangeError when shapes differ
 * @example
 * const p = tf.cast(tf.oneHot([0, 1, 2, 3], 4), 'float32').reshape([1, 2, 2, 4]);
 * observedAgreement(p, p).print(); // 1
 */
export function observedAgreement(a: tf.Tensor4D, b: tf.Tensor4D, options: AgreementOptions = {}): tf.Scalar {
  check('observedAgreement', a, b, options);
  return tf.tidy(() => trace(jointDistribution(mostLikely(a), mostLikely(b), options)) as tf.Scalar);
}

/** Of each group of images, [G]: `observedAgreement` and `fleissKappa`. */
export interface GroupAgreement {
  readonly observed: tf.Tensor1D;
  readonly kappa: tf.Tensor1D;
}

/**
 * How far two maps agree within each group of images by itself: of several segmentations in one batch, that of each.
 *
 * @param a - [N, H, W, K] float32 probabilities or logits
 * @param b - same shape as `a`
 * @param groups - [G, N], 1 where an image belongs to a group, else 0
 * @throws RangeError when shapes differ
 * @example
 * const p = tf.cast(tf.oneHot([0, 1, 1, 0], 2), 'float32').reshape([2, 1, 2, 2]);
 * const q = tf.cast(tf.oneHot([0, 1, 0, 1], 2), 'float32').reshape([2, 1, 2, 2]);
 * agreementOfGroups(p, q, tf.eye(2)).kappa.print(); // [1, -1]
 */
export function agreementOfGroups(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  groups: tf.Tensor2D,
  options: AgreementOptions = {},
): GroupAgreement {
  check('agreementOfGroups', a, b, options);
  checkGroups('agreementOfGroups', a.shape[0], groups);
  return tf.tidy(() => {
    const { joints } = jointDistributionsOfGroups(mostLikely(a), mostLikely(b), groups, {
      ...options,
      joint: 'pooled',
    });
    return { observed: trace(joints) as tf.Tensor1D, kappa: kappaOf(joints) as tf.Tensor1D };
  }) as GroupAgreement & tf.NamedTensorMap;
}

function check(name: string, a: tf.Tensor4D, b: tf.Tensor4D, { mask }: AgreementOptions): void {
  checkPair(name, a, b, { 4: '[N,H,W,K]' });
  checkMask(name, a.shape, mask);
}

/** [..., K, K] how often the most likely clusters are k in one map and l in the other -> [...]. */
function kappaOf(joint: tf.Tensor): tf.Tensor {
  const byChance = tf.sum(tf.square(tf.sum(joint, -1)), -1);
  return tf.div(tf.sub(trace(joint), byChance), tf.maximum(tf.sub(1, byChance), LEAST_ROOM));
}

/** [..., K, K] -> [...]. */
function trace(tables: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(tables, tf.eye(tables.shape[tables.rank - 1])), [-2, -1]);
}

/** Probability 1 for the largest, [N, H, W, K]. */
function mostLikely(map: tf.Tensor4D): tf.Tensor4D {
  // Not as floats at once: the stock wasm backend writes the bits of integers then.
  return tf.cast(tf.oneHot(tf.argMax(map, 3), map.shape[3]), 'float32') as tf.Tensor4D;
}
