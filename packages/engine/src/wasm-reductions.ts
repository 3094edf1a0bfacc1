/**
 * Sums, means and repetitions on wasm.
 *
 * A mean over leading axes (bias and batch-norm gradients) is an average pool over all rows, and a sum is a multiple of it:
 * the stock kernels transpose the map first. Tile doubles by concatenation: the stock kernel computes an index for every value.
 */
import * as tf from '@tensorflow/tfjs-core';
import { leadingAxes } from './leading-axes.js';
import type { Kernel } from './replace-kernel.js';

/** Sum of float32 over the leading axes; any other sum falls to the stock kernel. */
export function leadingSum(stock: Kernel): Kernel {
  return ({ x }, attrs) => {
    const mean = meanOfLeading(x, attrs);
    return mean ? tf.mul(mean, x.size / mean.size) : stock({ x }, attrs);
  };
}

/** Mean, likewise. */
export function leadingMean(stock: Kernel): Kernel {
  return ({ x }, attrs) => meanOfLeading(x, attrs) ?? stock({ x }, attrs);
}

function meanOfLeading(x: tf.Tensor, attrs: tf.NamedAttrMap): tf.Tensor | null {
  const axes = leadingAxes(x, attrs); // XNNPACK refuses a window of one value, and so does leadingAxes
  if (!axes) return null;
  const { rows, columns, outShape } = axes;
  const mean = tf.avgPool(tf.reshape(x, [1, rows, 1, columns]) as tf.Tensor4D, [rows, 1], 1, 'valid'); // [1, 1, 1, columns]
  return tf.reshape(mean, outShape);
}

/** Tile: the last repeated axis first, so that later copies are long. */
export function tileByDoubling(stock: Kernel): Kernel {
  return ({ x }, attrs) => {
    const reps = attrs['reps'] as number[];
    return reps.includes(0) ? stock({ x }, attrs) : reps.reduceRight(repeat, tf.clone(x));
  };
}

function repeat(x: tf.Tensor, times: number, axis: number): tf.Tensor {
  if (times === 1) return x;
  const half = repeat(x, Math.floor(times / 2), axis);
  return tf.concat(times % 2 === 0 ? [half, half] : [half, half, x], axis);
}

/** UnsortedSegmentSum: x [S, ...], segmentIds [S] int32 -> [numSegments, ...]. */
export function segmentSum(): Kernel {
  return ({ x, segmentIds }, attrs) => {
    const shape = [attrs['numSegments'] as number, ...x.shape.slice(1)];
    return tf.scatterND(tf.reshape(segmentIds, [-1, 1]), x, shape);
  };
}
