/** From a mask of pixels to one of the coarser maps that are compared. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * 1 for a place of the grid all of whose pixels count.
 *
 * @param mask - [N, H, W]
 * @param stride - pixels per place along each axis
 * @returns [N, ceil(H / stride), ceil(W / stride)]
 */
export function wholePlaces(mask: tf.Tensor3D, stride: number): tf.Tensor3D {
  return tf.tidy(() => {
    const missing = tf.expandDims(tf.sub(1, mask), 3) as tf.Tensor4D; // [N, H, W, 1]
    return tf.squeeze(tf.sub(1, tf.maxPool(missing, stride, stride, 'same')), [3]) as tf.Tensor3D;
  });
}
