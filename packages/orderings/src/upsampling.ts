/**
 * Bilinear resampling with half-pixel centres, as two products with interpolation matrices.
 *
 * Equals PyTorch's interpolate(mode='bilinear', align_corners=False). tf.image.resizeBilinear has the values with
 * halfPixelCenters = true, but a wrong gradient; a product's gradient is right on every engine.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * @param x - [N, h, w, C]
 * @param size - rows and columns of the output
 * @returns [N, height, width, C]; differentiable in x
 */
export function upsampleBilinear(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [maps, rows, columns, channels] = x.shape;
  return tf.tidy(() => {
    const alongRows = tf.tensor2d(interpolationMatrix(rows, height), [height, rows]);
    const alongColumns = tf.tensor2d(interpolationMatrix(columns, width), [width, columns]);
    // [rows, N * columns * C]: one large product rather than one for each map
    const byRow = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [rows, maps * columns * channels]);
    const tall = tf.reshape(tf.matMul(alongRows, byRow), [height, maps, columns, channels]);
    const byColumn = tf.reshape(tf.transpose(tall, [2, 1, 0, 3]), [columns, maps * height * channels]);
    const wide = tf.reshape<tf.Rank.R4>(tf.matMul(alongColumns, byColumn), [width, maps, height, channels]);
    return tf.transpose(wide, [1, 2, 0, 3]); // [N, height, width, C]
  });
}

/**
 * Weights of `from` samples for each of `to`: the centre of pixel i lies at (i + 1/2) from / to - 1/2, held within the samples.
 *
 * @returns [to * from], rows sum to 1
 */
export function interpolationMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let target = 0; target < to; target++) {
    const place = Math.min(Math.max(((target + 0.5) * from) / to - 0.5, 0), from - 1);
    const before = Math.floor(place);
    const after = Math.min(before + 1, from - 1);
    matrix[target * from + before] += 1 - (place - before);
    matrix[target * from + after] += place - before;
  }
  return matrix;
}
