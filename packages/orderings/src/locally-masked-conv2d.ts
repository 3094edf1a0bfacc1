/**
 * Convolution under any ordering: a kernel centred on the position, with a mask of its own for each position [1].
 *
 *   y[p] = sum over taps t with offset d of m[p, t] x[p + d] W[t],   m[p, t] = 1 where turn(p + d) comes before turn(p)
 *
 * A sum over taps of masked, shifted maps, each through a 1x1 product: memory is that of a few maps, where [1] unfolds the
 * input into one map for each tap. The gradient is written out for the same reason: the tape keeps x and W alone.
 *
 * [1] Jain, Abbeel, Pathak. Locally Masked Convolution for Autoregressive Models. UAI 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Ordering } from './ordering.js';

interface Tap {
  readonly index: number;
  /** Offset from the position that looks to the one looked at. */
  readonly row: number;
  readonly column: number;
  /** [H * W], 1 where the position may look through this tap. */
  readonly mask: Float32Array;
}

/**
 * @param x - [N, H, W, C]
 * @param kernel - [kh, kw, C, D], kh and kw odd
 * @returns [N, H, W, D]; differentiable in x and kernel
 */
export function locallyMaskedConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  ordering: Ordering,
  includeCenter: boolean,
): tf.Tensor4D {
  const convolution = tf.customGrad((...args) => {
    const [x, kernel, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    const taps = usedTaps(ordering, x.shape, kernel.shape, includeCenter);
    save([x, kernel]);
    const value = accumulate([...x.shape.slice(0, 3), kernel.shape[3]], taps, (tap) =>
      tf.conv2d(masked(shifted(x, tap), tap), tapKernel(kernel, tap), 1, 'valid'),
    );
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
      return [inputGradient(dy as tf.Tensor4D, x, kernel, taps), kernelGradient(dy as tf.Tensor4D, x, kernel, taps)];
    };
    return { value, gradFunc };
  });
  return tf.tidy(() => convolution(x, kernel) as tf.Tensor4D);
}

/** What p sends through tap d goes to p + d: the masked dy W' moved the other way. */
function inputGradient(dy: tf.Tensor4D, x: tf.Tensor4D, kernel: tf.Tensor4D, taps: readonly Tap[]): tf.Tensor4D {
  return accumulate(x.shape, taps, (tap) => {
    const transposed = tf.transpose<tf.Tensor4D>(tapKernel(kernel, tap), [0, 1, 3, 2]);
    const sent = masked(tf.conv2d(dy, transposed, 1, 'valid'), tap);
    return shifted(sent, { row: -tap.row, column: -tap.column });
  });
}

/** For each tap the product of what it showed with dy, over all positions; zeros for taps that show nothing. */
function kernelGradient(dy: tf.Tensor4D, x: tf.Tensor4D, kernel: tf.Tensor4D, taps: readonly Tap[]): tf.Tensor4D {
  return tf.tidy(() => {
    const [tall, wide, channels, filters] = kernel.shape;
    const slopes = tf.reshape(dy, [-1, filters]); // [N * H * W, D]
    const byTap = Array.from({ length: tall * wide }, (_, index) => {
      const tap = taps.find((used) => used.index === index);
      if (tap === undefined) return tf.zeros([channels, filters]);
      return tf.tidy(() => tf.matMul(tf.reshape(masked(shifted(x, tap), tap), [-1, channels]), slopes, true));
    });
    return tf.reshape(tf.stack(byTap), kernel.shape); // [kh, kw, C, D]
  });
}

/** The taps that some position may look through. */
function usedTaps(
  ordering: Ordering,
  [, height, width]: readonly number[],
  [tall, wide]: readonly number[],
  includeCenter: boolean,
): Tap[] {
  const turns = ordering.rank(height, width);
  const taps = Array.from({ length: tall * wide }, (_, index) => {
    const [row, column] = [Math.floor(index / wide) - (tall - 1) / 2, (index % wide) - (wide - 1) / 2];
    const itself = row === 0 && column === 0;
    const mask = Float32Array.from({ length: height * width }, (_, position) => {
      const [r, c] = [Math.floor(position / width) + row, (position % width) + column];
      const inside = r >= 0 && r < height && c >= 0 && c < width;
      return inside && (turns[r * width + c] < turns[position] || (itself && includeCenter)) ? 1 : 0;
    });
    return { index, row, column, mask };
  });
  return taps.filter(({ mask }) => mask.includes(1));
}

/** The sum over taps, one term held at a time. */
function accumulate(shape: readonly number[], taps: readonly Tap[], term: (tap: Tap) => tf.Tensor4D): tf.Tensor4D {
  let sum = tf.zeros<tf.Rank.R4>(shape as tf.Tensor4D['shape']);
  for (const tap of taps) {
    const next = tf.tidy(() => tf.add(sum, term(tap)));
    sum.dispose();
    sum = next as tf.Tensor4D;
  }
  return sum;
}

/** [1, 1, C, D]: the kernel at one tap. */
function tapKernel(kernel: tf.Tensor4D, { index }: Tap): tf.Tensor4D {
  const [, wide, channels, filters] = kernel.shape;
  return tf.slice(kernel, [Math.floor(index / wide), index % wide, 0, 0], [1, 1, channels, filters]);
}

function masked(map: tf.Tensor4D, { mask }: Tap): tf.Tensor4D {
  const [, height, width] = map.shape;
  return tf.mul(map, tf.tensor4d(mask, [1, height, width, 1]));
}

/** The map whose position p holds what lies at p + (row, column), zeros where that is outside. */
function shifted(map: tf.Tensor4D, { row, column }: Pick<Tap, 'row' | 'column'>): tf.Tensor4D {
  const [maps, height, width, channels] = map.shape;
  const [rows, columns] = [Math.max(0, height - Math.abs(row)), Math.max(0, width - Math.abs(column))];
  const inner = tf.slice(map, [0, Math.max(0, row), Math.max(0, column), 0], [maps, rows, columns, channels]);
  return tf.pad(inner, [
    [0, 0],
    row > 0 ? [0, height - rows] : [height - rows, 0],
    column > 0 ? [0, width - columns] : [width - columns, 0],
    [0, 0],
  ]);
}
