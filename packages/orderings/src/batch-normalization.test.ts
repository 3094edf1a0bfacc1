import { expectGradientsClose, expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  normalizeByBatch,
  normalizeWith,
  type ChannelStatistics,
  type NormalizeByBatchOptions,
} from './batch-normalization.js';

beforeAll(useTestEngine);

const weights = () => ({ scale: tf.tensor1d([2, 1]), offset: tf.tensor1d([0, 5]) });

describe('value', () => {
  it('brings each channel to mean 0 and variance 1, then scales and offsets', () => {
    const x = tf.tensor4d([1, 7, 3, 7], [1, 1, 2, 2]); // channel 0: 1, 3; channel 1: 7, 7
    const y = normalizeByBatch(x, weights()).dataSync();
    // channel 0: mean 2, variance 1: 2 (1 - 2), 2 (3 - 2); channel 1 has no variance: the offset
    [-2, 5, 2, 5].forEach((expected, i) => expect(y[i]).toBeCloseTo(expected, 4)); // 1e-5 is added to the variance
  });

  it('shows the statistics of the batch', () => {
    let seen: number[][] = [];
    const observe = ({ mean, variance }: ChannelStatistics) => {
      seen = [[...mean.dataSync()], [...variance.dataSync()]];
    };
    normalizeByBatch(tf.tensor4d([1, 7, 3, 7], [1, 1, 2, 2]), weights(), { observe });
    expect(seen).toEqual([
      [2, 7],
      [1, 0],
    ]);
  });

  it('uses given statistics as they are', () => {
    const statistics = { mean: tf.tensor1d([1, 0]), variance: tf.tensor1d([4, 1]) };
    const y = normalizeWith(tf.tensor4d([3, 1], [1, 1, 1, 2]), weights(), statistics).dataSync();
    expect(y[0]).toBeCloseTo((2 * (3 - 1)) / 2, 4);
    expect(y[1]).toBeCloseTo(1 + 5, 4);
  });
});

describe('gradient', () => {
  it('is that of central differences, through the statistics too', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 2, 3, 2], 1);
    expectGradientsClose(
      (x, scale, offset) => normalizeByBatch(x, { scale, offset }),
      [x, tf.tensor1d([1.5, -0.5]), tf.tensor1d([0.2, 0.4])],
    );
  });
});

describe('a part of a batch', () => {
  const whole = irregularTensor<tf.Rank.R4>([3, 2, 3, 2], 1);
  const [scale, offset] = [tf.tensor1d([1.5, -0.5]), tf.tensor1d([0.2, 0.4])];
  const slope = irregularTensor<tf.Rank.R4>([3, 2, 3, 2], 2);
  const part = (map: tf.Tensor4D) => tf.slice(map, [1, 0, 0, 0], [2, -1, -1, -1]);
  const loss = (x: tf.Tensor, slope: tf.Tensor, options?: NormalizeByBatchOptions) =>
    tf.sum(tf.mul(normalizeByBatch(x as tf.Tensor4D, { scale, offset }, options), slope));

  it('is normalised, and passes gradients, as in the whole batch', () => {
    // What the sums of the whole batch are, in the order in which they are asked for: a loop, in float64.
    const x = columns(whole);
    const dy = columns(slope);
    const mean = x.map((values) => sum(values) / values.length);
    const variance = x.map((values, c) => sum(values.map((value) => (value - mean[c]) ** 2)) / values.length);
    const z = x.map((values, c) => values.map((value) => (value - mean[c]) / Math.sqrt(variance[c] + 1e-5)));
    const sums = [
      [...x.map(sum), 18],
      variance.map((value) => 18 * value),
      [...dy.map((values, c) => sum(values.map((value, i) => value * z[c][i]))), ...dy.map(sum)],
    ];
    let asked = 0;
    const allReduce = <T extends tf.Tensor>(own: T) => tf.tensor(sums[asked++], own.shape) as T;
    const share = { first: 1, images: 3, allReduce };
    const expected = tf.valueAndGrad((x) => loss(x, slope))(whole);
    const found = tf.valueAndGrad((x) => loss(x, part(slope), { share }))(part(whole));
    expect(asked).toBe(3);
    expectClose(found.grad, part(expected.grad as tf.Tensor4D));
    asked = 0;
    expectClose(
      normalizeByBatch(part(whole), { scale, offset }, { share }),
      part(normalizeByBatch(whole, { scale, offset })),
    );
  });

  function columns(map: tf.Tensor): number[][] {
    const values = [...map.dataSync()];
    return [0, 1].map((channel) => values.filter((_, i) => i % 2 === channel));
  }

  function sum(values: number[]): number {
    return values.reduce((total, value) => total + value, 0);
  }

  /** Float32 sums of 18 numbers. */
  function expectClose(found: tf.Tensor, expected: tf.Tensor) {
    expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]).toBeLessThan(2e-6);
  }
});

describe('memory', () => {
  it('leaves one tensor, and the gradients', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 2, 3, 2], 1);
    const { scale, offset } = weights();
    const normalize = (x: tf.Tensor) => normalizeByBatch(x as tf.Tensor4D, { scale, offset });
    expectNoLeakedTensors(() => normalize(x), 1);
    expectNoLeakedTensors(() => tf.grad(normalize)(x), 1);
  });
});
