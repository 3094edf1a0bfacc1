/** A loss of two views' maps as what is timed: its value and its gradient in both maps. */
import * as tf from '@tensorflow/tfjs-core';

export type MapLoss = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Scalar;

/** @param maps - of the two views; stay the caller's */
export function valueAndGradient(loss: MapLoss, maps: readonly tf.Tensor4D[]): () => void {
  const gradients = tf.grads((a: tf.Tensor, b: tf.Tensor) => loss(a as tf.Tensor4D, b as tf.Tensor4D));
  return () => {
    const slopes = gradients([...maps]);
    slopes.forEach((slope) => slope.dataSync());
    tf.dispose(slopes);
  };
}
