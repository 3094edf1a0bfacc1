/** The mask that losses and gauges take: 1 where a position counts, else 0. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * @param map - [N, H, W, K]
 * @param mask - [N, H, W]
 * @returns the map, 0 where a position does not count
 */
export function masked(map: tf.Tensor4D, mask: tf.Tensor3D | undefined): tf.Tensor4D {
  return mask === undefined ? map : tf.mul(map, tf.expandDims(tf.cast(mask, 'float32'), 3));
}
