/**
 * Sums, means and repetitions on wasm.
 *
 * A sum over leading axes (bias and batch-norm gradients) is a product with a row of ones: the stock kernel transposes the
 * map first. Tile doubles by concatenation: the stock kernel computes an index for every value.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from './replace-kernel.js';

/** Sum of float32 over the leading axes; any other sum falls to the stock kernel. */
export function leadingSum(stock: Kernel): Kernel {
  return ({ x }, attrs) => reduceLeading(x, attrs, 1) ?? stock({ x }, attrs);
}

/** Mean, likewise. */
export function leadingMean(stock: Kernel): Kernel {
  return ({ x }, attrs) => {
    const axes = tf.util.parseAxisParam(attrs['axis'] as number[], x.shape);
    const size = axes.reduce((product, axis) => product * x.shape[axis], 1);
    return reduceLeading(x, attrs, 1 / size) ?? stock({ x }, attrs);
  };
}

function reduceLeading(x: tf.Tensor, attrs: tf.NamedAttrMap, weight: number): tf.Tensor | null {
  const axes = tf.util.parseAxisParam(attrs['axis'] as number[], x.shape).sort((first, second) => first - second);
  const leading = axes.every((axis, index) => axis === index) && axes.length > 0 && axes.length < x.rank;
  if (!leading || x.dtype !== 'float32' || x.size === 0) return null;
  const rest = x.shape.slice(axes.length);
  const columns = tf.util.sizeFromShape(rest);
  const rows = x.size / columns;
  const weights = tf.tensor2d(new Float32Array(rows).fill(weight), [1, rows]);
  const total = tf.matMul(weights, tf.reshape(x, [rows, columns])); // [1, columns]
  return tf.reshape(total, attrs['keepDims'] ? [...axes.map(() => 1), ...rest] : rest);
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
