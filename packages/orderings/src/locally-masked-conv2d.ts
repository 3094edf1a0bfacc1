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
import { FULL_PRODUCT, type TapProduct } from './tap-product.js';

export interface LocalMaskOptions {
  /** Whether a position sees itself. */
  readonly includeCenter: boolean;
  /** Positions between two taps. @defaultValue 1 */
  readonly dilation?: readonly [rows: number, columns: number];
  /** How the weights of a tap act. @defaultValue every channel on every filter */
  readonly product?: TapProduct;
}

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
 * @param kernel - [kh, kw, C, D], kh and kw odd; [kh, kw, C, M] with the depthwise product
 * @param turns - [H * W]; equal turns of two positions let them see each other
 * @returns [N, H, W, D], or [N, H, W, C * M]; differentiable in x and kernel
 */
export function locallyMaskedConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  turns: Int32Array,
  options: LocalMaskOptions,
): tf.Tensor4D {
  const { product = FULL_PRODUCT } = options;
  const convolution = tf.customGrad((...args) => {
    const [x, kernel, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    const taps = usedTaps(turns, x.shape, kernel.shape, options);
    save([x, kernel]);
    const value = accumulate([...x.shape.slice(0, 3), product.filters(kernel)], taps, (tap) =>
      product.forward(masked(shifted(x, tap), tap), tapWeights(kernel, tap)),
    );
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
      const slopes = dy as tf.Tensor4D;
      return [inputGradient(slopes, x, kernel, taps, product), kernelGradient(slopes, x, kernel, taps, product)];
    };
    return { value, gradFunc };
  });
  return tf.tidy(() => convolution(x, kernel) as tf.Tensor4D);
}

/** What p sends through tap d goes to p + d: the masked dy W' moved the other way. */
function inputGradient(
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  taps: readonly Tap[],
  product: TapProduct,
): tf.Tensor4D {
  return accumulate(x.shape, taps, (tap) => {
    const sent = masked(product.toInput(dy, tapWeights(kernel, tap)), tap);
    return shifted(sent, { row: -tap.row, column: -tap.column });
  });
}

/** For each tap the product of what it showed with dy, over all positions; zeros for taps that show nothing. */
function kernelGradient(
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  taps: readonly Tap[],
  product: TapProduct,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [tall, wide, channels, depth] = kernel.shape;
    const byTap = Array.from({ length: tall * wide }, (_, index) => {
      const tap = taps.find((used) => used.index === index);
      if (tap === undefined) return tf.zeros([channels, depth]);
      return tf.tidy(() => product.toWeights(masked(shifted(x, tap), tap), dy, depth));
    });
    return tf.reshape(tf.stack(byTap), kernel.shape); // [kh, kw, C, D]
  });
}

/** The taps that some position may look through. */
function usedTaps(
  turns: Int32Array,
  [, height, width]: readonly number[],
  [tall, wide]: readonly number[],
  { includeCenter, dilation: [down, along] = [1, 1] }: LocalMaskOptions,
): Tap[] {
  const taps = Array.from({ length: tall * wide }, (_, index) => {
    const row = down * (Math.floor(index / wide) - (tall - 1) / 2);
    const column = along * ((index % wide) - (wide - 1) / 2);
    const itself = row === 0 && column === 0;
    const mask = Float32Array.from({ length: height * width }, (_, position) => {
      const [r, c] = [Math.floor(position / width) + row, (position % width) + column];
      const inside = r >= 0 && r < height && c >= 0 && c < width;
      return inside && (itself ? includeCenter : turns[r * width + c] <= turns[position]) ? 1 : 0;
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

/** [C, D]: the kernel at one tap. */
function tapWeights(kernel: tf.Tensor4D, { index }: Tap): tf.Tensor2D {
  const [, wide, channels, depth] = kernel.shape;
  const tap = tf.slice(kernel, [Math.floor(index / wide), index % wide, 0, 0], [1, 1, channels, depth]);
  return tf.reshape(tap, [channels, depth]); // [C, D]
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
