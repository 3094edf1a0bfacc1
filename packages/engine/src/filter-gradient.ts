/**
 * The gradient of a convolution in its filter as products of matrices, of a map whose rows are laid end to end.
 *
 * Of a map of width W a tap at (r, c) sees position p + r W + c where the output is at p: the same rows of one matrix, shifted.
 * Positions that are no output count nothing, since dy is widened by zeros to the map's size.
 */
import * as tf from '@tensorflow/tfjs-core';

type Shape4D = [number, number, number, number];

/**
 * One product for each tap, without copies of the map: for engines that multiply a transposed matrix as fast as another.
 *
 * @param x - [N, H, W, C], padding included
 * @param dy - [N, H - filterHeight + 1, W - filterWidth + 1, K]: stride 1, undilated
 * @returns [filterHeight, filterWidth, C, K]
 */
export function filterGradientByTaps(x: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const { slopes, count, width, filterShape } = laidEndToEnd(x, dy);
    const [filterHeight, filterWidth, channels] = filterShape;
    const seen = tf.reshape<tf.Rank.R2>(x, [-1, channels]);
    const product = (row: number, column: number) =>
      tf.matMul(tf.slice(seen, [row * width + column, 0], [count, channels]), slopes, true);
    const products = range(filterHeight).flatMap((row) => range(filterWidth).map((column) => product(row, column)));
    return tf.reshape(tf.stack(products), filterShape);
  });
}

/**
 * One product for each row of taps, of a map that is transposed once: for engines that would transpose it for every tap.
 *
 * Parameters and result as above.
 */
export function filterGradientByRows(x: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const { slopes, count, width, filterShape } = laidEndToEnd(x, dy);
    const [filterHeight, filterWidth, channels] = filterShape;
    const seen = tf.transpose(tf.reshape<tf.Rank.R2>(x, [-1, channels])); // [C, N H W]
    const shifted = (row: number) =>
      range(filterWidth).map((column) => tf.slice(seen, [0, row * width + column], [channels, count]));
    // A row at a time: all taps at once would hold as many copies of the map.
    const products = range(filterHeight).map((row) => tf.tidy(() => tf.matMul(tf.concat(shifted(row), 0), slopes))); // [filterWidth C, K]
    return tf.reshape(tf.concat(products, 0), filterShape);
  });
}

function laidEndToEnd(x: tf.Tensor4D, dy: tf.Tensor4D) {
  const [, height, width, channels] = x.shape;
  const [, outHeight, outWidth, outChannels] = dy.shape;
  const [below, right] = [height - outHeight, width - outWidth];
  // The last image's last outputs are zeros of the widening, so that every tap may stop as early as the last one.
  const count = x.size / channels - below * width - right;
  const widened = tf.pad(dy, [[0, 0], [0, below], [0, right], [0, 0]]); // prettier-ignore
  const slopes = tf.slice(tf.reshape<tf.Rank.R2>(widened, [-1, outChannels]), 0, [count, outChannels]);
  return { slopes, count, width, filterShape: [below + 1, right + 1, channels, outChannels] as Shape4D };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
