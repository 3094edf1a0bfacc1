/**
 * The masked average pool: the mean of what a position may see of a window around it.
 *
 *   y[p] = mean of x[q] over the q of p's window that lie on the map, with turn(q) before turn(p), and q = p
 *
 * The window lies where a masked convolution's kernel lies (kernel-mask.ts). Its taps on the past make two rectangles, the
 * lines that are seen whole and the one that is seen in part, and a sum over a rectangle costs the same whatever its size:
 * a context of many positions is cheaper than a convolution of nine.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkForm, checkKernelSize, kernelMask, type KernelMask, type MaskForm } from './kernel-mask.js';
import { locallyMaskedConv2d } from './locally-masked-conv2d.js';
import { checkFormFollows } from './masked-conv2d.js';
import type { View } from './ordering.js';
import { isRasterOrdering } from './raster-ordering.js';
import { DEPTHWISE_PRODUCT } from './tap-product.js';
import { checkView } from './view.js';

export interface MaskedAvgPool2dOptions {
  /** Positions along each side of the window, odd. */
  readonly poolSize: number;
  /** @defaultValue 'shifted' */
  readonly form?: MaskForm;
}

/**
 * Average pool, stride 1, of the positions that the view lets be seen; every position sees itself.
 *
 * 'unmasked' takes the whole window, centred: a plain 'same' average pool, whatever the form.
 *
 * @param x - [N, H, W, C] float32
 * @param view - an ordering or 'unmasked'
 * @returns [N, H, W, C]; differentiable in x
 * @throws RangeError when x is no map, the window even, the view none, or the form cannot follow the ordering
 * @example maskedAvgPool2d(tf.tensor4d([1, 2, 6], [1, 1, 3, 1]), rasterOrdering('top-left', 'row'), { poolSize: 3 }); // 1 1.5 4
 */
export function maskedAvgPool2d(x: tf.Tensor4D, view: View, options: MaskedAvgPool2dOptions): tf.Tensor4D {
  const { poolSize, form = 'shifted' } = options;
  checkView('maskedAvgPool2d', view);
  checkForm('maskedAvgPool2d', form);
  checkKernelSize('maskedAvgPool2d', [poolSize, poolSize]);
  if (x.rank !== 4) throw new RangeError(`maskedAvgPool2d: x must be [N,H,W,C], got [${x.shape}]`);
  if (poolSize === 1) return x;
  const [, height, width] = x.shape;
  return tf.tidy(() => {
    const seen = tf.ones<tf.Rank.R4>([1, height, width, 1]);
    return tf.div(sumOfSeen(x, view, { poolSize, form }), sumOfSeen(seen, view, { poolSize, form }));
  });
}

function sumOfSeen(x: tf.Tensor4D, view: View, { poolSize, form }: Required<MaskedAvgPool2dOptions>): tf.Tensor4D {
  if (view === 'unmasked' || isRasterOrdering(view)) {
    const mask = kernelMask(view, { kernelSize: [poolSize, poolSize], form });
    return tf.addN(rectanglesOf(mask, poolSize).map((rectangle) => sumOver(x, rectangle))) as tf.Tensor4D;
  }
  checkFormFollows('maskedAvgPool2d', view, form);
  const [, height, width, channels] = x.shape;
  const kernel = tf.ones<tf.Rank.R4>([poolSize, poolSize, channels, 1]);
  const turns = view.rank(height, width);
  return locallyMaskedConv2d(x, kernel, turns, { includeCenter: true, product: DEPTHWISE_PRODUCT });
}

/** Offsets of the first and the last line and column from the position that looks. */
interface Rectangle {
  readonly rows: readonly [first: number, last: number];
  readonly columns: readonly [first: number, last: number];
}

/** The taps of a raster scan's mask, as rectangles of neighbouring lines that show the same columns. */
function rectanglesOf({ taps, origin: [row, column] }: KernelMask, side: number): Rectangle[] {
  const rectangles: Rectangle[] = [];
  for (let line = 0; line < side; line++) {
    const seen = taps.subarray(line * side, (line + 1) * side);
    if (!seen.includes(1)) continue;
    const columns = [column + seen.indexOf(1), column + seen.lastIndexOf(1)] as const;
    const before = rectangles.at(-1);
    if (before !== undefined && before.columns[0] === columns[0] && before.columns[1] === columns[1]) {
      rectangles[rectangles.length - 1] = { ...before, rows: [before.rows[0], row + line] };
    } else {
      rectangles.push({ rows: [row + line, row + line], columns });
    }
  }
  return rectangles;
}

/** y[r, c] = sum of x over the rectangle at (r, c), zeros outside the map. */
function sumOver(x: tf.Tensor4D, { rows, columns }: Rectangle): tf.Tensor4D {
  const sum = tf.customGrad((x) => {
    const value = alongRows(alongColumns(x as tf.Tensor4D, columns), rows);
    // What r takes from r + i, r + i gives to r: the rectangle mirrored.
    const gradFunc = (dy: tf.Tensor) => alongColumns(alongRows(dy as tf.Tensor4D, mirrored(rows)), mirrored(columns));
    return { value, gradFunc };
  });
  return sum(x) as tf.Tensor4D;
}

function mirrored([first, last]: readonly [number, number]): readonly [number, number] {
  return [-last, -first];
}

function alongColumns(x: tf.Tensor4D, [first, last]: readonly [number, number]): tf.Tensor4D {
  const side = last - first + 1;
  return tf.tidy(() => tf.mul(tf.avgPool(moved(x, 2, first, last), [1, side], 1, 'valid'), side));
}

/** A row of the map as channels of one position: pooled many at once. */
function alongRows(x: tf.Tensor4D, [first, last]: readonly [number, number]): tf.Tensor4D {
  const side = last - first + 1;
  const [count, height, width, channels] = x.shape;
  return tf.tidy(() => {
    const lines = moved(tf.reshape(x, [count, height, 1, width * channels]), 1, first, last);
    return tf.reshape(tf.mul(tf.avgPool(lines, [side, 1], 1, 'valid'), side), x.shape);
  });
}

/** Along the axis, the lines from `first` before the map's start to `last` after its end: padded, or cropped. */
function moved(x: tf.Tensor4D, axis: 1 | 2, first: number, last: number): tf.Tensor4D {
  const size = x.shape[axis];
  const begin = [0, 0, 0, 0];
  const kept: number[] = [...x.shape];
  const around: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ];
  begin[axis] = Math.min(size, Math.max(0, first));
  kept[axis] = Math.max(0, size - Math.max(0, first) - Math.max(0, -last));
  around[axis] = [Math.max(0, -first), Math.max(0, last)];
  return tf.pad(tf.slice(x, begin, kept) as tf.Tensor4D, around);
}
