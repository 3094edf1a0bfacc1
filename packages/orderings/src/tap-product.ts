/**
 * What the weights of one tap make of the map that the tap shows, and the two adjoints of that.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface TapProduct {
  /** Channels of the result, for this kernel. */
  filters(kernel: tf.Tensor4D): number;
  /** [N, H, W, C] and [C, D] to [N, H, W, filters]. */
  forward(shown: tf.Tensor4D, weights: tf.Tensor2D): tf.Tensor4D;
  /** [N, H, W, filters] and [C, D] to [N, H, W, C]. */
  toInput(dy: tf.Tensor4D, weights: tf.Tensor2D): tf.Tensor4D;
  /** [N, H, W, C] and [N, H, W, filters] to [C, depth]. */
  toWeights(shown: tf.Tensor4D, dy: tf.Tensor4D, depth: number): tf.Tensor2D;
}

/** Every channel on every filter: weights [C, D]. */
export const FULL_PRODUCT: TapProduct = {
  filters: (kernel) => kernel.shape[3],
  forward: (shown, weights) => pointwise(shown, weights),
  toInput: (dy, weights) => pointwise(dy, tf.transpose(weights)),
  toWeights: (shown, dy) => tf.matMul(positionsByChannels(shown), positionsByChannels(dy), true),
};

/** Each channel by itself: weights [C, M], filter c M + m made of channel c. */
export const DEPTHWISE_PRODUCT: TapProduct = {
  filters: ({ shape: [, , channels, multiplier] }) => channels * multiplier,
  forward: (shown, weights) => {
    const [maps, height, width, channels] = shown.shape;
    const products = tf.mul(tf.expandDims(shown, 4), weights); // [N, H, W, C, M]
    return tf.reshape(products, [maps, height, width, channels * weights.shape[1]]);
  },
  toInput: (dy, weights) => {
    const [maps, height, width] = dy.shape;
    const byChannel = tf.reshape(dy, [maps, height, width, ...weights.shape]); // [N, H, W, C, M]
    return tf.sum(tf.mul(byChannel, weights), 4) as tf.Tensor4D;
  },
  toWeights: (shown, dy, depth) => {
    const channels = shown.shape[3];
    const slopes = tf.reshape(dy, [-1, channels, depth]); // [N * H * W, C, M]
    return tf.sum(tf.mul(tf.reshape(shown, [-1, channels, 1]), slopes), 0) as tf.Tensor2D;
  },
};

/** A 1x1 convolution: [N, H, W, C] and [C, D] to [N, H, W, D]. */
function pointwise(map: tf.Tensor4D, weights: tf.Tensor2D): tf.Tensor4D {
  return tf.conv2d(map, tf.reshape(weights, [1, 1, ...weights.shape]) as tf.Tensor4D, 1, 'valid');
}

/** [N * H * W, C] */
function positionsByChannels(map: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(map, [-1, map.shape[3]]);
}
