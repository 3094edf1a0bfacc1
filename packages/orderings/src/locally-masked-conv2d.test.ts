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
  maskedConv2d,
  ORDERING_NAMES,
  orderingByName,
  orderingFromRanks,
  randomOrdering,
  RASTER_ORDERINGS,
  spiralOrdering,
} from './index.js';

beforeAll(useTestEngine);

const form = 'centered';

/** y, and what dy sends to x and to the kernel: position by position, tap by tap, in float64. */
function byPixel(x: number[][][], kernel: number[][][][], dy: number[][][], turns: Int32Array, includeCenter: boolean) {
  const [height, width, reach] = [x.length, x[0].length, (kernel.length - 1) / 2];
  const zeros = <T>(like: T): T => (Array.isArray(like) ? (like.map(zeros) as T) : (0 as T));
  const [y, dx, dKernel] = [zeros(dy), zeros(x), zeros(kernel)];
  for (let r = 0; r < height; r++)
    for (let c = 0; c < width; c++)
      for (let i = -reach; i <= reach; i++)
        for (let j = -reach; j <= reach; j++) {
          const other = x[r + i]?.[c + j];
          const before = turns[(r + i) * width + c + j] < turns[r * width + c];
          if (other === undefined || !(i === 0 && j === 0 ? includeCenter : before)) continue;
          kernel[reach + i][reach + j].forEach((filters, channel) =>
            filters.forEach((weight, filter) => {
              y[r][c][filter] += other[channel] * weight;
              dx[r + i][c + j][channel] += dy[r][c][filter] * weight;
              dKernel[reach + i][reach + j][channel][filter] += dy[r][c][filter] * other[channel];
            }),
          );
        }
  return { y, dx, dKernel };
}

describe('value and gradient on 13 x 9, by a loop over pixels', () => {
  it.each(
    [hilbertOrdering(), randomOrdering(11), spiralOrdering()].map((ordering) => [ordering.name, ordering] as const),
  )('%s', (_name, ordering) => {
    const x = irregularTensor<tf.Rank.R4>([1, 13, 9, 2], 1);
    const kernel = irregularTensor<tf.Rank.R4>([5, 5, 2, 3], 2);
    const dy = irregularTensor<tf.Rank.R4>([1, 13, 9, 3], 3);
    for (const includeCenter of [true, false]) {
      const run = (x: tf.Tensor, kernel: tf.Tensor) =>
        maskedConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, ordering, { form, includeCenter });
      const [dx, dKernel] = tf.grads(run)([x, kernel], dy);
      const arrays = [x.arraySync()[0], kernel.arraySync(), dy.arraySync()[0]] as const;
      const expected = byPixel(...arrays, ordering.rank(13, 9), includeCenter);
      const actual = { y: run(x, kernel), dx, dKernel };
      for (const name of ['y', 'dx', 'dKernel'] as const) {
        const values = (expected[name] as unknown[]).flat(3) as number[];
        // float32 sums of up to 117 terms of size 1
        actual[name].dataSync().forEach((value, i) => expect(value, `${name}[${i}]`).toBeCloseTo(values[i], 4));
      }
    }
  });
});

describe('value', () => {
  it.each(RASTER_ORDERINGS.map((ordering) => [ordering.name, ordering] as const))(
    'equals the shared kernel where the ordering is a raster scan, %s',
    (name, ordering) => {
      const x = irregularTensor<tf.Rank.R4>([2, 4, 5, 3], 1);
      const kernel = irregularTensor<tf.Rank.R4>([3, 5, 3, 2], 2);
      const bias = irregularTensor<tf.Rank.R1>([2], 3);
      const unnamed = orderingFromRanks(`${name} by turns`, (height, width) => ordering.rank(height, width));
      for (const includeCenter of [true, false]) {
        for (const activation of ['linear', 'relu'] as const) {
          const options = { form, includeCenter, bias, activation } as const;
          const expected = maskedConv2d(x, kernel, ordering, options).dataSync();
          const actual = maskedConv2d(x, kernel, unnamed, options).dataSync();
          actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5)); // float32, other order of sums
        }
      }
    },
  );

  it('counts what each position of a spiral sees around it', () => {
    // turns 0 1 2 / 7 8 3 / 6 5 4: each counts itself and the earlier of its neighbours; turn 7 sees 0, 1, 5, 6
    const y = maskedConv2d(tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 1]), spiralOrdering(), { form });
    expect([...y.dataSync()]).toEqual([1, 1 + 1, 1 + 1, 1 + 4, 1 + 8, 1 + 2, 1 + 1, 1 + 2, 1 + 1]);
  });

  it('lets one tap see the position alone, in either form', () => {
    const x = irregularTensor<tf.Rank.R4>([1, 3, 3, 2], 7);
    const kernel = irregularTensor<tf.Rank.R4>([1, 1, 2, 3], 8);
    const expected = tf.conv2d(x, kernel, 1, 'valid').dataSync();
    for (const form of ['shifted', 'centered'] as const) {
      expect([...maskedConv2d(x, kernel, spiralOrdering(), { form }).dataSync()]).toEqual([...expected]);
    }
  });

  it('takes a kernel wider than the map', () => {
    const y = maskedConv2d(tf.ones([1, 2, 2, 1]), tf.ones([7, 7, 1, 1]), spiralOrdering(), { form });
    expect([...y.dataSync()]).toEqual([1, 2, 4, 3]); // turns 0 1 / 3 2
  });
});

describe('gradient', () => {
  it('is that of central differences', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 3, 4, 2], 4);
    const kernel = irregularTensor<tf.Rank.R4>([3, 3, 2, 2], 5);
    expectGradientsClose((x, kernel) => maskedConv2d(x, kernel, hilbertOrdering(), { form }), [x, kernel]);
  });

  it.each(
    [...ORDERING_NAMES.slice(RASTER_ORDERINGS.length), 'blocks:2', 'random:5'].map(
      (name) => [name, orderingByName(name)] as const,
    ),
  )('shows all the past in the kernel and nothing else, %s', (_name, ordering) => {
    const kernel = irregularTensor<tf.Rank.R4>([3, 3, 2, 3], 6);
    const reach = (row: number, column: number) => Math.abs(row) <= 1 && Math.abs(column) <= 1;
    for (const includeCenter of [true, false]) {
      const map = (x: tf.Tensor4D) => maskedConv2d(x, kernel, ordering, { form, includeCenter });
      expectAutoregressive(map, ordering, { height: 3, width: 4, channels: 2, includeCenter, reach });
    }
  });
});

describe('cost', () => {
  const [height, width, channels] = [24, 20, 16];
  const x = () => irregularTensor<tf.Rank.R4>([1, height, width, channels], 1);
  /** Most bytes at one time beside those of the inputs, in maps of the size of x; and products by a matrix. */
  async function costOf(side: number, run: (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor | tf.Tensor[]) {
    const inputs = [x(), irregularTensor<tf.Rank.R4>([side, side, channels, channels], 2)] as const;
    const before = tf.memory().numBytes;
    const { peakBytes, kernels } = await tf.profile(() => tf.tidy(() => run(...inputs)));
    const products = kernels.filter(({ name }) => /MatMul|Conv2D/.test(name)).length;
    return { maps: (peakBytes - before) / (height * width * channels * 4), products };
  }
  const convolve = (x: tf.Tensor, kernel: tf.Tensor) =>
    maskedConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, hilbertOrdering(), { form });

  it('is one product for each tap, and a few maps however many taps there are', async () => {
    const [small, large] = [await costOf(3, convolve), await costOf(7, convolve)];
    expect(small.products).toBeLessThanOrEqual(9);
    expect(large.products).toBeLessThanOrEqual(49);
    // Unfolding would take 9 and 49 maps beside the result.
    expect(small.maps).toBeLessThan(8);
    expect(large.maps).toBeLessThan(8);
  });

  it('is three products for each tap with the gradients, and a few maps too', async () => {
    const gradients = (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.grads(convolve)([x, kernel]);
    const { maps, products } = await costOf(7, gradients);
    expect(products).toBeLessThanOrEqual(3 * 49);
    // The slopes of the kernel among them.
    expect(maps).toBeLessThan(16);
  });
});

describe('memory', () => {
  it('leaves one tensor, and the gradients', () => {
    const [x, kernel] = [tf.ones<tf.Rank.R4>([1, 4, 4, 2]), tf.ones<tf.Rank.R4>([3, 3, 2, 2])];
    const convolve = (x: tf.Tensor, k: tf.Tensor) =>
      maskedConv2d(x as tf.Tensor4D, k as tf.Tensor4D, hilbertOrdering(), { form });
    expectNoLeakedTensors(() => convolve(x, kernel), 1);
    expectNoLeakedTensors(() => tf.grads(convolve)([x, kernel]), 2);
  });
});
