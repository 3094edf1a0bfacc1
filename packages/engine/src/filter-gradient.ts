/**
 * The gradient of a convolution in its filter as one product of matrices for each tap, without copies of the map.
 *
 * With the rows of all images laid end to end, a tap at (r, c) of a map of width W sees position p + r W + c where the output is
 * at p: the same rows of one matrix, shifted. Positions that are no output count nothing, since dy is widened by zeros to the
 * map's size.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * @param x - [N, H, W, C], padding included
 * @param dy - [N, H - filterHeight + 1, W - filterWidth + 1, K]: stride 1, undilated
 * @returns [filterHeight, filterWidth, C, K]
 */
export function filterGradientByTaps(x: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width, channels] = x.shape;
    const [, outHeight, outWidth, outChannels] = dy.shape;
    const [below, right] = [height - outHeight, width - outWidth];
    const seen = tf.reshape<tf.Rank.R2>(x, [-1, channels]);
    const slopes = tf.reshape<tf.Rank.R2>(tf.pad(dy, [[0, 0], [0, below], [0, right], [0, 0]]), [-1, outChannels]); // prettier-ignore
    const tap = (row: number, column: number) => {
      const shift = row * width + column;
      // The last image's last rows are zeros of the widening: what is cut off counts nothing.
      const count = seen.shape[0] - shift;
      return tf.matMul(tf.slice(seen, [shift, 0], [count, channels]), tf.slice(slopes, 0, [count, outChannels]), true);
    };
    const taps = range(below + 1).flatMap((row) => range(right + 1).map((column) => tap(row, column)));
    return tf.reshape(tf.stack(taps), [below + 1, right + 1, channels, outChannels]);
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
