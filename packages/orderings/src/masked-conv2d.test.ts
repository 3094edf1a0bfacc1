import {
  expectAutoregressive,
  expectGradientsClose,
  expectNoLeakedTensors,
  irregularTensor,
  useTestEngine,
} from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { maskedConv2d, RASTER_ORDERINGS, rasterOrdering, type MaskForm, type Ordering, type View } from './index.js';

beforeAll(useTestEngine);

const [reading] = RASTER_ORDERINGS;

describe('shape', () => {
  it.each(['shifted', 'centered'] as const)('keeps height and width of a non-square map, %s', (form) => {
    const y = maskedConv2d(tf.zeros([2, 3, 5, 4]), tf.zeros([3, 5, 4, 7]), reading, { form });
    expect(y.shape).toEqual([2, 3, 5, 7]);
  });
});

describe('value', () => {
  it('counts the past and itself with a kernel of ones', () => {
    const count = (view: View, form: MaskForm, includeCenter = true) =>
      maskedConv2d(tf.ones([1, 2, 3, 1]), tf.ones([3, 3, 1, 1]), view, { form, includeCenter }).dataSync();
    // row 0: 1 (itself), 2 and 2 ... : shifted reaches one column to each side above, one to the left beside
    expect([...count(reading, 'shifted')]).toEqual([1, 2, 2, 1 + 2, 2 + 3, 2 + 2]);
    expect([...count(reading, 'centered')]).toEqual([1, 2, 2, 1 + 2, 2 + 3, 2 + 2]);
    expect([...count(reading, 'centered', false)]).toEqual([0, 1, 1, 0 + 2, 1 + 3, 1 + 2]);
    expect([...count('unmasked', 'shifted', false)]).toEqual([4, 6, 4, 4, 6, 4]);
  });

  it('adds the bias to every position', () => {
    const y = maskedConv2d(tf.zeros([1, 2, 2, 1]), tf.ones([3, 3, 1, 2]), reading, { bias: tf.tensor1d([1, -2]) });
    expect([...y.dataSync()]).toEqual([1, -2, 1, -2, 1, -2, 1, -2]);
  });

  it('is a plain same convolution when unmasked', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 4, 5, 3], 1);
    const kernel = irregularTensor<tf.Rank.R4>([3, 3, 3, 2], 2);
    expect([...maskedConv2d(x, kernel, 'unmasked').dataSync()]).toEqual([
      ...tf.conv2d(x, kernel, 1, 'same').dataSync(),
    ]);
  });

  it('applies relu after the bias', () => {
    const bias = tf.tensor1d([-0.5]);
    const y = maskedConv2d(tf.tensor4d([0, 1], [1, 1, 2, 1]), tf.ones([1, 1, 1, 1]), reading, {
      bias,
      activation: 'relu',
    });
    expect([...y.dataSync()]).toEqual([0, 0.5]);
  });

  // The definition by loops: every tap whose place lies on the map and comes before the position that looks.
  it.each(
    RASTER_ORDERINGS.flatMap((ordering) =>
      (['shifted', 'centered'] as const).flatMap((form) =>
        [1, 2, 3].map((dilation) => [ordering.name, form, dilation, ordering] as const),
      ),
    ),
  )('equals the sum over the taps on the past, %s, %s, %i apart', (_name, form, dilation, ordering) => {
    // Sides that no dilation divides.
    const [height, width, channels, filters] = [5, 7, 2, 3];
    const [tall, wide] = [3, 5];
    const x = irregularTensor<tf.Rank.R4>([1, height, width, channels], 3);
    const kernel = irregularTensor<tf.Rank.R4>([tall, wide, channels, filters], 4);
    const turns = ordering.rank(height, width);
    const [rowShift, columnShift] = form === 'shifted' ? SHIFTS[ordering.name](tall, wide) : [0, 0];
    const pixels = x.arraySync()[0];
    const weights = kernel.arraySync();
    const actual = maskedConv2d(x, kernel, ordering, { form, dilation }).arraySync()[0];
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        for (let d = 0; d < filters; d++) {
          let sum = 0;
          for (let i = 0; i < tall; i++) {
            for (let j = 0; j < wide; j++) {
              const row = r + dilation * (i - (tall - 1) / 2 + rowShift);
              const column = c + dilation * (j - (wide - 1) / 2 + columnShift);
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              if (turns[row * width + column] > turns[r * width + c]) continue;
              for (let k = 0; k < channels; k++) sum += pixels[row][column][k] * weights[i][j][k][d];
            }
          }
          expect(actual[r][c][d]).toBeCloseTo(sum, 5); // float32 sums of 30 terms of size 1
        }
      }
    }
  });
});

/** Rows and columns by which the kernel moves into the past: floor(k / 2) along the axis across the lines. */
const SHIFTS: Readonly<Record<string, (tall: number, wide: number) => [number, number]>> = {
  'top-left-row': (tall) => [-(tall - 1) / 2, 0],
  'top-right-row': (tall) => [-(tall - 1) / 2, 0],
  'bottom-left-row': (tall) => [(tall - 1) / 2, 0],
  'bottom-right-row': (tall) => [(tall - 1) / 2, 0],
  'top-left-column': (_, wide) => [0, -(wide - 1) / 2],
  'bottom-left-column': (_, wide) => [0, -(wide - 1) / 2],
  'top-right-column': (_, wide) => [0, (wide - 1) / 2],
  'bottom-right-column': (_, wide) => [0, (wide - 1) / 2],
};

describe('gradient', () => {
  it.each(RASTER_ORDERINGS.map((ordering) => [ordering.name, ordering] as const))(
    'shows all the past in the kernel and nothing else, %s',
    (_name, ordering) => {
      for (const includeCenter of [true, false]) {
        for (const form of ['shifted', 'centered'] as const) {
          const kernel = irregularTensor<tf.Rank.R4>([3, 3, 2, 3], 5);
          const [rowShift, columnShift] = form === 'shifted' ? SHIFTS[ordering.name](3, 3) : [0, 0];
          expectAutoregressive((x) => maskedConv2d(x, kernel, ordering, { form, includeCenter }), ordering, {
            height: 4,
            width: 5,
            channels: 2,
            includeCenter,
            reach: (row, column) => Math.abs(row - rowShift) <= 1 && Math.abs(column - columnShift) <= 1,
          });
        }
      }
    },
  );

  it('shows with taps apart the positions at their distance, and no other', () => {
    const kernel = irregularTensor<tf.Rank.R4>([3, 3, 2, 3], 5);
    for (const ordering of RASTER_ORDERINGS) {
      const [rowShift, columnShift] = SHIFTS[ordering.name](3, 3);
      expectAutoregressive((x) => maskedConv2d(x, kernel, ordering, { dilation: 2 }), ordering, {
        height: 6,
        width: 7,
        channels: 2,
        includeCenter: true,
        reach: (row, column) =>
          [-2, 0, 2].includes(row - 2 * rowShift) && [-2, 0, 2].includes(column - 2 * columnShift),
      });
    }
  });

  it.each([
    ['bottom-right-column', rasterOrdering('bottom-right', 'column'), 1],
    ['bottom-right-column', rasterOrdering('bottom-right', 'column'), 2],
    ['unmasked', 'unmasked', 1],
    ['unmasked', 'unmasked', 2],
  ] as const)('is that of central differences, %s, taps %#', (_name, view, dilation) => {
    const x = irregularTensor<tf.Rank.R4>([1, 3, 5, 2], 6);
    const kernel = irregularTensor<tf.Rank.R4>([3, 3, 2, 2], 7);
    const bias = irregularTensor<tf.Rank.R1>([2], 8);
    expectGradientsClose((x, kernel, bias) => maskedConv2d(x, kernel, view, { bias, dilation }), [x, kernel, bias]);
  });
});

describe('error', () => {
  const x = () => tf.zeros<tf.Rank.R4>([1, 4, 4, 2]);

  it.each([0, 1.5, -2])('refuses %d positions between two taps', (dilation) => {
    expect(() => maskedConv2d(x(), tf.zeros([3, 3, 2, 1]), reading, { dilation })).toThrow(
      new RangeError(`maskedConv2d: dilation must be a positive integer, got ${dilation}`),
    );
  });

  it('refuses a view that is none', () => {
    expect(() => maskedConv2d(x(), tf.zeros([3, 3, 2, 1]), 'masked' as View)).toThrow(
      /^maskedConv2d: view must be 'unmasked' or an ordering .* got 'masked'; known raster orderings: top-left-row, /,
    );
  });

  it('names both shapes when the channels differ', () => {
    expect(() => maskedConv2d(x(), tf.zeros([3, 3, 3, 1]), reading)).toThrow(
      new RangeError('maskedConv2d: x must be [N,H,W,C] and kernel [kh,kw,C,D], got [1,4,4,2] and [3,3,3,1]'),
    );
  });

  it('refuses a bias of another size', () => {
    expect(() => maskedConv2d(x(), tf.zeros([3, 3, 2, 1]), reading, { bias: tf.zeros([2]) })).toThrow(
      new RangeError('maskedConv2d: bias must be [1] as kernel [3,3,2,1], got [2]'),
    );
  });

  it("names 'centered' when a shifted kernel cannot follow the ordering", () => {
    const spiral: Ordering = { name: 'spiral', rank: () => new Int32Array(16) };
    expect(() => maskedConv2d(x(), tf.zeros([3, 3, 2, 1]), spiral)).toThrow(
      new RangeError(
        "maskedConv2d: form 'shifted' follows raster orderings only, got 'spiral'; use form 'centered' for other orderings",
      ),
    );
  });
});

describe('memory', () => {
  it('leaves one tensor', () => {
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 2]);
    const kernel = tf.ones<tf.Rank.R4>([3, 3, 2, 2]);
    expectNoLeakedTensors(() => maskedConv2d(x, kernel, reading), 1);
    expectNoLeakedTensors(
      () => tf.grads((x, k) => maskedConv2d(x as tf.Tensor4D, k as tf.Tensor4D, reading))([x, kernel]),
      2,
    );
  });
});
