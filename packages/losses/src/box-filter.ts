/**
 * Mean over a square window around each position: what pools all displacements of a joint distribution into one map.
 *
 * Where the engine has a kernel for it (`@autoregseg/engine` brings one to native TensorFlow), that. Elsewhere two average pools,
 * along rows and along columns, on the zero-padded map: of the forms tried (banded matrices, depthwise convolution, doubling
 * sums) the one that is fast on native TensorFlow and on wasm alike. A running sum would cost less still, but differences of
 * large sums leave noise where a saturated map holds zeros, and a logarithm follows.
 */
import * as tf from '@tensorflow/tfjs-core';

const BOX_FILTER = 'BoxFilter';

/**
 * y[n, r, c, k] = sum over |i| <= T, |j| <= T of x[n, r + i, c + j, k] / (2 T + 1)^2,   x = 0 outside the map
 *
 * @param x - [N, H, W, K]
 * @param halfWindow - T, in positions; 0 returns x itself
 * @returns [N, H, W, K]
 */
export function boxFilter(x: tf.Tensor4D, halfWindow: number): tf.Tensor4D {
  if (halfWindow === 0) return x;
  // The window is symmetric, so the filter is its own adjoint: the gradient is the filter of the gradient.
  const filter = tf.customGrad((x) => ({
    value: meanOverWindow(x as tf.Tensor4D, halfWindow),
    gradFunc: (dy: tf.Tensor) => meanOverWindow(dy as tf.Tensor4D, halfWindow),
  }));
  return filter(x) as tf.Tensor4D;
}

function meanOverWindow(x: tf.Tensor4D, halfWindow: number): tf.Tensor4D {
  if (tf.getKernel(BOX_FILTER, tf.getBackend()) !== undefined) {
    return tf.engine().runKernel(BOX_FILTER, { x }, { halfWindow });
  }
  const side = 2 * halfWindow + 1;
  const around = [halfWindow, halfWindow] as [number, number];
  const none = [0, 0] as [number, number];
  const [count, height, width, clusters] = x.shape;
  const alongRows = tf.avgPool(tf.pad(x, [none, none, around, none]), [1, side], 1, 'valid');
  // A row of the map as channels of one position: pooled many at once, at a cost that hardly depends on T.
  const rows = tf.reshape<tf.Rank.R4>(alongRows, [count, height, 1, width * clusters]);
  const alongColumns = tf.avgPool(tf.pad(rows, [none, around, none, none]), [side, 1], 1, 'valid');
  return tf.reshape(alongColumns, [count, height, width, clusters]);
}
