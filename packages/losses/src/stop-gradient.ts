/** A value that no gradient flows through: targets of BYOL, codes of SwAV. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * The tensor itself, taken for a constant by `tf.grad`.
 *
 * @param x - any tensor
 * @returns the same values and shape
 * @example tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.tensor1d([3])).print(); // 3, not 6
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const stop = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return stop(x) as T;
}
