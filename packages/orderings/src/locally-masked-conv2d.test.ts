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
  diagonalOrdering,
  hilbertOrdering,
  maskedConv2d,
  orderingFromRanks,
  randomOrdering,
  RASTER_ORDERINGS,
  spiralOrdering,
} from './index.js';

beforeAll(useTestEngine);

const form = 'centered';

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
    [hilbertOrdering(), diagonalOrdering('bottom-left'), randomOrdering(5)].map(
      (ordering) => [ordering.name, ordering] as const,
    ),
  )('shows all the past in the kernel and nothing else, %s', (_name, ordering) => {
    const kernel = irregularTensor<tf.Rank.R4>([3, 3, 2, 3], 6);
    const reach = (row: number, column: number) => Math.abs(row) <= 1 && Math.abs(column) <= 1;
    for (const includeCenter of [true, false]) {
      const map = (x: tf.Tensor4D) => maskedConv2d(x, kernel, ordering, { form, includeCenter });
      expectAutoregressive(map, ordering, { height: 4, width: 5, channels: 2, includeCenter, reach });
    }
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
