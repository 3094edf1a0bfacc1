/**
 * The loss of Barlow Twins [1]: each feature must vary alike in both views, and unlike all other features.
 *
 * [1] Zbontar, Jing, Misra, LeCun, Deny. Barlow Twins: Self-Supervised Learning via Redundancy Reduction. ICML 2021.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkNonNegative } from './checks.js';
import { checkEmbeddings, checkSamples, rowsOf, type Embeddings } from './rows.js';

export interface BarlowTwinsOptions {
  /** Weight of the features' likeness to each other. @defaultValue 0.005 */
  readonly lambda?: number;
}

/** Added to the variance, as batch normalisation does in the code of [1]: a feature that never varies stays 0. */
const EPSILON = 1e-5;

/**
 * How far the cross-correlation of the two views is from the identity.
 *
 *   C_kl = mean over i of s(a)_ik s(b)_il,   s(x) = (x - mean) / sqrt(variance + 1e-5) over the samples of its view, biased
 *   loss = sum over k of (1 - C_kk)^2 + lambda sum over k != l of C_kl^2
 *
 * @param a - [N, D] or [N, H, W, D] float32; in the dense form each position is a sample
 * @param b - same shape as `a`
 * @returns scalar, not negative; differentiable in `a` and `b`
 * @throws RangeError when shapes differ, there is one sample alone, or lambda is out of range
 * @example barlowTwins(tf.tensor2d([[1, 1], [-1, 1], [1, -1], [-1, -1]]), b, { lambda: 0.01 });
 * @see [1]
 */
export function barlowTwins(a: Embeddings, b: Embeddings, options: BarlowTwinsOptions = {}): tf.Scalar {
  const { lambda = 0.005 } = options;
  checkEmbeddings('barlowTwins', a, b);
  checkSamples('barlowTwins', a);
  checkNonNegative('barlowTwins', 'lambda', lambda);
  return tf.tidy(() => {
    const [here, there] = [standardized(rowsOf(a)), standardized(rowsOf(b))];
    const [samples, features] = here.shape;
    const correlation = tf.div(tf.matMul(here, there, true), samples); // [D, D]
    const diagonal = tf.eye(features);
    const weights = tf.add(tf.mul(diagonal, 1 - lambda), lambda); // 1 on the diagonal, else lambda
    return tf.sum(tf.mul(weights, tf.square(tf.sub(correlation, diagonal)))) as tf.Scalar;
  });
}

/** Columns of mean 0 and variance 1. */
function standardized(rows: tf.Tensor2D): tf.Tensor2D {
  const centered = tf.sub(rows, tf.mean(rows, 0));
  const variance = tf.mean(tf.square(centered), 0); // [D]
  return tf.div(centered, tf.sqrt(tf.add(variance, EPSILON)));
}
