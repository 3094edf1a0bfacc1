import {
  expectAutoregressive,
  expectGradientsClose,
  expectNoLeakedTensors,
  irregularTensor,
  useTestEngine,
} from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  hilbertOrdering,
  maskedAvgPool2d,
  RASTER_ORDERINGS,
  randomOrdering,
  type MaskForm,
  type RasterOrdering,
  type View,
} from './index.js';

beforeAll(useTestEngine);

const [reading] = RASTER_ORDERINGS;

/** Lines and columns by which the window moves into the past: half its side, across the lines. */
function shiftOf({ corner, major }: RasterOrdering, poolSize: number): readonly [rows: number, columns: number] {
  const half = (poolSize - 1) / 2;
  if (major === 'row') return [corner.startsWith('top') ? -half : half, 0];
  return [0, corner.endsWith('left') ? -half : half];
}

type Shift = readonly [rows: number, columns: number];

/** The definition by loops, as [position * C + channel]. */
function reference(x: tf.Tensor4D, view: View, poolSize: number, [down, along]: Shift): number[] {
  const [, height, width, channels] = x.shape;
  const turns = view === 'unmasked' ? undefined : view.rank(height, width);
  const values = x.dataSync();
  const half = (poolSize - 1) / 2;
  const means: number[] = [];
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      for (let k = 0; k < channels; k++) {
        let [sum, count] = [0, 0];
        for (let row = r + down - half; row <= r + down + half; row++) {
          for (let column = c + along - half; column <= c + along + half; column++) {
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            if (turns !== undefined && turns[row * width + column] > turns[r * width + c]) continue;
            sum += values[(row * width + column) * channels + k];
            count++;
          }
        }
        means.push(sum / count);
      }
    }
  }
  return means;
}

function expectClose(actual: tf.Tensor, expected: readonly number[]): void {
  const values = actual.dataSync();
  expect(values).toHaveLength(expected.length);
  expected.forEach((value, at) => expect(values[at]).toBeCloseTo(value, 5)); // means of float32 of size 1
}

describe('value', () => {
  it('is the mean of the past of a line, and of itself', () => {
    const y = maskedAvgPool2d(tf.tensor4d([1, 2, 6], [1, 1, 3, 1]), reading, { poolSize: 3 });
    expect([...y.dataSync()]).toEqual([1, 1.5, 4]);
  });

  // Windows that fit into the map, that cover most of it, and that are larger.
  describe.each([3, 5, 11])('of windows of %i', (poolSize) => {
    it.each(
      RASTER_ORDERINGS.flatMap((ordering) =>
        (['shifted', 'centered'] as const).map((form) => [ordering.name, form, ordering] as const),
      ),
    )('equals the definition, %s, %s', (_name, form, ordering) => {
      const x = irregularTensor<tf.Rank.R4>([1, 5, 7, 2], 3);
      const shift: Shift = form === 'shifted' ? shiftOf(ordering, poolSize) : [0, 0];
      expectClose(maskedAvgPool2d(x, ordering, { poolSize, form }), reference(x, ordering, poolSize, shift));
    });

    it.each([hilbertOrdering(), randomOrdering(4)].map((ordering) => [ordering.name, ordering] as const))(
      'equals the definition, centered, %s',
      (_name, ordering) => {
        const x = irregularTensor<tf.Rank.R4>([1, 5, 7, 2], 4);
        const y = maskedAvgPool2d(x, ordering, { poolSize, form: 'centered' });
        expectClose(y, reference(x, ordering, poolSize, [0, 0]));
      },
    );

    it('is a plain same pool when unmasked', () => {
      const x = irregularTensor<tf.Rank.R4>([1, 5, 7, 2], 5);
      expectClose(maskedAvgPool2d(x, 'unmasked', { poolSize }), [...tf.avgPool(x, poolSize, 1, 'same').dataSync()]);
    });
  });

  it('equals the definition where positions come in several parts', () => {
    const x = irregularTensor<tf.Rank.R4>([1, 47, 46, 1], 7);
    const y = maskedAvgPool2d(x, randomOrdering(5), { poolSize: 3, form: 'centered' });
    expectClose(y, reference(x, randomOrdering(5), 3, [0, 0]));
  });

  it('pools each image by itself, on a map of one line too', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 1, 6, 3], 6);
    for (const ordering of RASTER_ORDERINGS) {
      const y = maskedAvgPool2d(x, ordering, { poolSize: 5 });
      const images = tf.split<tf.Tensor4D>(x, 2).map((image) => reference(image, ordering, 5, shiftOf(ordering, 5)));
      expectClose(y, images.flat());
    }
  });
});

describe('gradient', () => {
  it.each(RASTER_ORDERINGS.map((ordering) => [ordering.name, ordering] as const))(
    'shows all the past in the window and nothing else, %s',
    (_name, ordering) => {
      for (const form of ['shifted', 'centered'] as const satisfies readonly MaskForm[]) {
        const [down, along] = form === 'shifted' ? shiftOf(ordering, 3) : [0, 0];
        expectAutoregressive((x) => maskedAvgPool2d(x, ordering, { poolSize: 3, form }), ordering, {
          height: 4,
          width: 5,
          channels: 2,
          includeCenter: true,
          reach: (row, column) => Math.abs(row - down) <= 1 && Math.abs(column - along) <= 1,
        });
      }
    },
  );

  it.each([...RASTER_ORDERINGS, 'unmasked' as const])('is that of central differences, view %#', (view) => {
    const x = irregularTensor<tf.Rank.R4>([1, 3, 5, 2], 6);
    expectGradientsClose((x) => maskedAvgPool2d(x, view, { poolSize: 5 }), [x]);
  });
});

describe('gradient under an ordering that is no raster scan', () => {
  const options = { poolSize: 3, form: 'centered' } as const;

  it('shows all the past in the window and nothing else, and is that of central differences', () => {
    const ordering = hilbertOrdering();
    expectAutoregressive((x) => maskedAvgPool2d(x, ordering, options), ordering, {
      height: 4,
      width: 5,
      channels: 2,
      includeCenter: true,
      reach: (row, column) => Math.abs(row) <= 1 && Math.abs(column) <= 1,
    });
    const x = irregularTensor<tf.Rank.R4>([2, 3, 5, 2], 6);
    expectGradientsClose((x) => maskedAvgPool2d(x, ordering, options), [x]);
  });

  it('is the adjoint of the pool where positions come in several parts', () => {
    const [x, dy] = [1, 2].map((phase) => irregularTensor<tf.Rank.R4>([1, 47, 46, 2], phase));
    const pool = (x: tf.Tensor4D) => maskedAvgPool2d(x, randomOrdering(5), options);
    const product = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0];
    const given = tf.grad((x) => tf.sum(tf.mul(pool(x as tf.Tensor4D), dy)))(x);
    expect(product(given, x)).toBeCloseTo(product(dy, pool(x)), 3);
  });
});

describe('error', () => {
  const x = () => tf.zeros<tf.Rank.R4>([1, 4, 4, 2]);

  it.each([
    [2, "the kernel's sides must be odd, so that it has a centre, got 2 x 2"],
    [0, "the kernel's sides must be odd, so that it has a centre, got 0 x 0"],
  ])('refuses a window of %i', (poolSize, text) => {
    expect(() => maskedAvgPool2d(x(), reading, { poolSize })).toThrow(new RangeError(`maskedAvgPool2d: ${text}`));
  });

  it('refuses what is no map, and a view that is none', () => {
    expect(() => maskedAvgPool2d(tf.zeros([4, 4, 2]) as unknown as tf.Tensor4D, reading, { poolSize: 3 })).toThrow(
      new RangeError('maskedAvgPool2d: x must be [N,H,W,C], got [4,4,2]'),
    );
    expect(() => maskedAvgPool2d(x(), 'masked' as View, { poolSize: 3 })).toThrow(/^maskedAvgPool2d: view must be/);
  });

  it("names 'centered' when a shifted window cannot follow the ordering", () => {
    expect(() => maskedAvgPool2d(x(), hilbertOrdering(), { poolSize: 3 })).toThrow(
      /^maskedAvgPool2d: form 'shifted' follows raster orderings only, got 'hilbert'; use form 'centered'/,
    );
  });
});

describe('memory', () => {
  it('leaves one tensor', () => {
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 2]);
    expectNoLeakedTensors(() => maskedAvgPool2d(x, reading, { poolSize: 3 }), 1);
    expectNoLeakedTensors(() => tf.grad((x) => maskedAvgPool2d(x as tf.Tensor4D, reading, { poolSize: 3 }))(x), 1);
    const general = { poolSize: 3, form: 'centered' } as const;
    expectNoLeakedTensors(() => tf.grad((x) => maskedAvgPool2d(x as tf.Tensor4D, hilbertOrdering(), general))(x), 1);
  });
});
