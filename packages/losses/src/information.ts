/**
 * Information and entropy of tables of probabilities, in nats, with 0 log 0 = 0.
 */
import * as tf from '@tensorflow/tfjs-core';

/** The smallest normal float32; what lies below is zero to some engines and not to others, hence to all here. */
const SMALLEST_NORMAL = 2 ** -126;

export interface InformationOptions {
  /** Factor of both marginal entropies; above 1 it favours clusters of equal size. @defaultValue 1 */
  readonly entropyWeight?: number;
}

/**
 * Mutual information of joint distributions.
 *
 *   I(P) = sum_kl P[k,l] (log P[k,l] - w log P[k,.] - w log P[.,l]),   0 log 0 = 0
 *
 * @param joint - [..., K, L] float32, each table sums to 1
 * @returns [...], nats; in [0, min(log K, log L)] when w = 1
 * @example information(tf.tensor2d([[0.5, 0], [0, 0.5]])).print(); // log 2
 */
export function information(joint: tf.Tensor, options: InformationOptions = {}): tf.Tensor {
  const { entropyWeight = 1 } = options;
  return tf.tidy(() => {
    const marginalEntropies = tf.add(entropy(tf.sum(joint, -1)), entropy(tf.sum(joint, -2)));
    const jointEntropy = tf.neg(tf.sum(xLogX(joint), [-2, -1]));
    return tf.sub(tf.mul(entropyWeight, marginalEntropies), jointEntropy);
  });
}

/**
 * Entropy of distributions.
 *
 *   H(p) = -sum_k p[k] log p[k],   0 log 0 = 0
 *
 * @param probs - [..., K] float32, rows sum to 1
 * @returns [...], nats, in [0, log K]
 */
export function entropy(probs: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.neg(tf.sum(xLogX(probs), -1)));
}

/**
 * Weights divided by their sum over the last `axes` axes; where that is 0 (nothing was counted) they stay 0.
 *
 * @param weights - [..., K] or [..., K, L], not negative
 */
export function normalize(weights: tf.Tensor, axes: 1 | 2): tf.Tensor {
  const last = axes === 1 ? [-1] : [-2, -1];
  const quotient = tf.customGrad((...args) => {
    const [weights, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const sum = tf.sum(weights, last, true);
    const total = tf.where(tf.equal(sum, 0), tf.onesLike(sum), sum);
    const value = tf.div(weights, total);
    save([value, total]);
    const gradFunc = (dy: tf.Tensor, [value, total]: tf.Tensor[]) =>
      tf.div(tf.sub(dy, tf.sum(tf.mul(dy, value), last, true)), total);
    return { value, gradFunc };
  });
  return quotient(weights);
}

/**
 * x log x, and 0 at 0; its derivative is 1 + log x, and 0 at 0.
 *
 * The true derivative at 0 is -infinity, but a zero comes from factors that are zero, and a softmax multiplies by them.
 * A negative number and NaN stay visible: both give NaN.
 */
function xLogX(x: tf.Tensor): tf.Tensor {
  const product = tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const isZero = tf.less(tf.abs(x), SMALLEST_NORMAL);
    const log = tf.log(tf.where(isZero, tf.onesLike(x), x));
    save([log, isZero]);
    const gradFunc = (dy: tf.Tensor, [log, isZero]: tf.Tensor[]) =>
      tf.mul(dy, tf.where(isZero, tf.zerosLike(log), tf.add(log, 1)));
    return { value: tf.mul(x, log), gradFunc };
  });
  return product(x);
}
