/**
 * Input for tests: the same on every engine, without symmetry that would let errors cancel.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * @param phase - another one gives another tensor
 * @returns float32 values in [-1, 1]
 */
export function irregularTensor<R extends tf.Rank = tf.Rank>(shape: tf.ShapeMap[R], phase: number): tf.Tensor<R> {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, index) => Math.sin(12.9898 * index + 78.233 * phase)),
    shape,
  );
}
