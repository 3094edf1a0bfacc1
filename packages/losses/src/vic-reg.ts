/**
 * The loss of VICReg [1]: both views alike (invariance), every feature in use (variance), none twice (covariance).
 *
 * [1] Bardes, Ponce, LeCun. VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning. ICLR 2022.
 * Differs from [1]: the mean of the two views' variance terms, as in its code; the paper's text sums them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkNonNegative } from './checks.js';
import { checkEmbeddings, checkSamples, rowsOf, type Embeddings } from './rows.js';

export interface VicRegOptions {
  /** Weight of the squared distance of the views. @defaultValue 25 */
  readonly invariance?: number;
  /** Weight of the hinge on the standard deviations. @defaultValue 25 */
  readonly variance?: number;
  /** Weight of the squared covariances. @defaultValue 1 */
  readonly covariance?: number;
}

/** Inside the root of the variance, as in [1]. */
const EPSILON = 1e-4;

/**
 * Invariance, variance and covariance, weighted.
 *
 *   loss = 25 mean over i, k of (a_ik - b_ik)^2 + 25 (v(a) + v(b)) / 2 + 1 (c(a) + c(b))
 *   v(x) = mean over k of max(0, 1 - sqrt(var(x_k) + 1e-4)),   variance unbiased: divided by M - 1 for M samples
 *   c(x) = sum over k != l of cov(x)_kl^2 / D,                  covariance unbiased
 *
 * @param a - [N, D] or [N, H, W, D] float32; in the dense form each position is a sample
 * @param b - same shape as `a`
 * @returns scalar, not negative; differentiable in `a` and `b`
 * @throws RangeError when shapes differ, there is one sample alone, or a weight is out of range
 * @example vicReg(tf.zeros([4, 8]), tf.zeros([4, 8])).print(); // 25 * 0.99: collapsed
 * @see [1]
 */
export function vicReg(a: Embeddings, b: Embeddings, options: VicRegOptions = {}): tf.Scalar {
  const { invariance = 25, variance = 25, covariance = 1 } = options;
  checkEmbeddings('vicReg', a, b);
  checkSamples('vicReg', a);
  for (const [option, value] of Object.entries({ invariance, variance, covariance })) {
    checkNonNegative('vicReg', option, value);
  }
  return tf.tidy(() => {
    const views = [rowsOf(a), rowsOf(b)].map(covarianceOf);
    const distance = tf.mean(tf.square(tf.sub(a, b)));
    const spread = tf.mean(tf.stack(views.map(shortfall)));
    const redundancy = tf.addN(views.map(offDiagonal));
    const terms = [tf.mul(distance, invariance), tf.mul(spread, variance), tf.mul(redundancy, covariance)];
    return tf.addN(terms) as tf.Scalar;
  });
}

/** [D, D], divided by M - 1. */
function covarianceOf(rows: tf.Tensor2D): tf.Tensor2D {
  const centered = tf.sub<tf.Tensor2D>(rows, tf.mean(rows, 0));
  return tf.div(tf.matMul(centered, centered, true), rows.shape[0] - 1);
}

/** v(x): how much the features' standard deviations fall short of 1. */
function shortfall(covariance: tf.Tensor2D): tf.Tensor {
  const variances = tf.sum(tf.mul(covariance, tf.eye(covariance.shape[0])), 0); // [D]
  return tf.mean(tf.relu(tf.sub(1, tf.sqrt(tf.add(variances, EPSILON)))));
}

/** c(x) */
function offDiagonal(covariance: tf.Tensor2D): tf.Tensor {
  const features = covariance.shape[0];
  const others = tf.sub(1, tf.eye(features));
  return tf.div(tf.sum(tf.square(tf.mul(covariance, others))), features);
}
