/**
 * The masked average pool: the mean of what a position may see of a window around it.
 *
 *   y[p] = mean of x[q] over the q of p's window that lie on the map, with turn(q) before turn(p), and q = p
 *
 * The window lies where a masked convolution's kernel lies (kernel-mask.ts). Its taps on the past make two rectangles, the
 * lines that are seen whole and the one that is seen in part, and a sum over a rectangle costs the same whatever its size:
 * a context of many positions costs no more than a convolution of nine. Orderings that are no raster scan have another past
 * at each position, and weights of their own for it, a part of the positions at a time.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkForm, checkKernelSize, kernelMask, type KernelMask, type MaskForm } from './kernel-mask.js';
import { checkFormFollows } from './masked-conv2d.js';
import type { View } from './ordering.js';
import { isRasterOrdering } from './raster-ordering.js';
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
  if (view === 'unmasked' || isRasterOrdering(view)) {
    const mask = kernelMask(view, { kernelSize: [poolSize, poolSize], form });
    return tf.tidy(() => meanOverRectangles(x, rectanglesOf(mask, poolSize)));
  }
  checkFormFollows('maskedAvgPool2d', view, form);
  return tf.tidy(() => meanOverPast(x, view.rank(x.shape[1], x.shape[2]), poolSize));
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

/** The rectangles' averages, each by its share of the positions of the map that all of them show. */
function meanOverRectangles(x: tf.Tensor4D, rectangles: readonly Rectangle[]): tf.Tensor4D {
  const [, height, width] = x.shape;
  const onMap = ([first, last]: readonly [number, number], size: number, at: number) =>
    Math.max(0, Math.min(size - 1, at + last) - Math.max(0, at + first) + 1);
  const seen = new Float32Array(height * width);
  for (const { rows, columns } of rectangles)
    for (let at = 0; at < seen.length; at++)
      seen[at] += onMap(rows, height, Math.floor(at / width)) * onMap(columns, width, at % width);
  const shares = rectangles.map((rectangle) => {
    const share = tf.tensor4d(
      seen.map((count) => areaOf(rectangle) / count),
      [1, height, width, 1],
    );
    return tf.mul(averageOver(x, rectangle), share);
  });
  return tf.addN(shares) as tf.Tensor4D;
}

function areaOf({ rows, columns }: Rectangle): number {
  return (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1);
}

/** y[r, c] = average of x over the rectangle at (r, c), zeros outside the map. */
function averageOver(x: tf.Tensor4D, { rows, columns }: Rectangle): tf.Tensor4D {
  const average = tf.customGrad((x) => {
    const value = alongRows(alongColumns(x as tf.Tensor4D, columns), rows);
    // What r takes from r + i, r + i gives to r: the rectangle mirrored.
    const gradFunc = (dy: tf.Tensor) => alongColumns(alongRows(dy as tf.Tensor4D, mirrored(rows)), mirrored(columns));
    return { value, gradFunc };
  });
  return average(x) as tf.Tensor4D;
}

function mirrored([first, last]: readonly [number, number]): readonly [number, number] {
  return [-last, -first];
}

function alongColumns(x: tf.Tensor4D, [first, last]: readonly [number, number]): tf.Tensor4D {
  if (first === 0 && last === 0) return tf.clone(x);
  return tf.tidy(() => tf.avgPool(moved(x, 2, first, last), [1, last - first + 1], 1, 'valid'));
}

/** A row of the map as channels of one position: pooled many at once. */
function alongRows(x: tf.Tensor4D, [first, last]: readonly [number, number]): tf.Tensor4D {
  if (first === 0 && last === 0) return tf.clone(x);
  const [count, height, width, channels] = x.shape;
  return tf.tidy(() => {
    const lines = moved(tf.reshape(x, [count, height, 1, width * channels]), 1, first, last);
    return tf.reshape(tf.avgPool(lines, [last - first + 1, 1], 1, 'valid'), x.shape);
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

/** Weights of some positions on all, held at a time: 16 MB. */
const MOST_WEIGHTS = 2 ** 22;

/**
 * Under an ordering whose past lies on another side for each position: a product with one row of weights a position.
 *
 * @param turns - [H * W]
 */
function meanOverPast(x: tf.Tensor4D, turns: Int32Array, poolSize: number): tf.Tensor4D {
  const [count, height, width, channels] = x.shape;
  const places = height * width;
  const together = Math.max(1, Math.floor(MOST_WEIGHTS / places));
  const firsts = Array.from({ length: Math.ceil(places / together) }, (_, part) => part * together);
  const weights = (first: number) => weightsOfPast(turns, [height, width], poolSize, first, together);
  const toRows = (map: tf.Tensor4D) => tf.reshape<tf.Rank.R2>(tf.transpose(map, [1, 2, 0, 3]), [places, -1]); // [HW, N*C]
  const toMap = (rows: tf.Tensor) =>
    tf.transpose(tf.reshape(rows, [height, width, count, channels]), [2, 0, 1, 3]) as tf.Tensor4D;
  const mean = tf.customGrad((x) => {
    const rows = toRows(x as tf.Tensor4D);
    const value = toMap(tf.concat(firsts.map((first) => tf.tidy(() => tf.matMul(weights(first), rows)))));
    const gradFunc = (dy: tf.Tensor) => {
      const slopes = toRows(dy as tf.Tensor4D);
      const given = firsts.map((first) =>
        tf.tidy(() => {
          const seen = weights(first);
          return tf.matMul(seen, tf.slice(slopes, [first, 0], [seen.shape[0], -1]), true);
        }),
      );
      return toMap(tf.addN(given));
    };
    return { value, gradFunc };
  });
  return mean(x) as tf.Tensor4D;
}

/** [P, H * W]: 1 / count on what each of up to `most` positions from `first` on may see of its window. */
function weightsOfPast(
  turns: Int32Array,
  [height, width]: readonly [number, number],
  poolSize: number,
  first: number,
  most: number,
): tf.Tensor2D {
  const half = (poolSize - 1) / 2;
  const count = Math.min(most, turns.length - first);
  const weights = new Float32Array(count * turns.length);
  for (let position = 0; position < count; position++) {
    const place = first + position;
    const [r, c] = [Math.floor(place / width), place % width];
    const seen: number[] = [];
    for (let row = Math.max(0, r - half); row <= Math.min(height - 1, r + half); row++)
      for (let column = Math.max(0, c - half); column <= Math.min(width - 1, c + half); column++)
        if (turns[row * width + column] <= turns[place]) seen.push(row * width + column);
    for (const other of seen) weights[position * turns.length + other] = 1 / seen.length;
  }
  return tf.tensor2d(weights, [count, turns.length]);
}
