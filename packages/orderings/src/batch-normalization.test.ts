import { expectGradientsClose, expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { normalizeByBatch, normalizeWith } from './batch-normalization.js';

beforeAll(useTestEngine);

const weights = () => ({ scale: tf.tensor1d([2, 1]), offset: tf.tensor1d([0, 5]) });

describe('value', () => {
  it('brings each channel to mean 0 and variance 1, then scales and offsets', () => {
    const x = tf.tensor4d([1, 7, 3, 7], [1, 1, 2, 2]); // channel 0: 1, 3; channel 1: 7, 7
    const y = normalizeByBatch(x, weights(), () => undefined).dataSync();
    // channel 0: mean 2, variance 1: 2 (1 - 2), 2 (3 - 2); channel 1 has no variance: the offset
    [-2, 5, 2, 5].forEach((expected, i) => expect(y[i]).toBeCloseTo(expected, 4)); // 1e-5 is added to the variance
  });

  it('shows the statistics of the batch', () => {
    let seen: number[][] = [];
    normalizeByBatch(tf.tensor4d([1, 7, 3, 7], [1, 1, 2, 2]), weights(), ({ mean, variance }) => {
      seen = [[...mean.dataSync()], [...variance.dataSync()]];
    });
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
      (x, scale, offset) => normalizeByBatch(x, { scale, offset }, () => undefined),
      [x, tf.tensor1d([1.5, -0.5]), tf.tensor1d([0.2, 0.4])],
    );
  });
});

describe('memory', () => {
  it('leaves one tensor, and the gradients', () => {
    const x = irregularTensor<tf.Rank.R4>([2, 2, 3, 2], 1);
    const { scale, offset } = weights();
    const normalize = (x: tf.Tensor) => normalizeByBatch(x as tf.Tensor4D, { scale, offset }, () => undefined);
    expectNoLeakedTensors(() => normalize(x), 1);
    expectNoLeakedTensors(() => tf.grad(normalize)(x), 1);
  });
});
