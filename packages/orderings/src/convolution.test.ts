import { useTestEngine, expectGradientsClose, irregularTensor } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { convolve, type ConvolutionOptions } from './convolution.js';

beforeAll(useTestEngine);

const x = irregularTensor<tf.Rank.R4>([2, 5, 4, 3], 1);
const kernel = irregularTensor<tf.Rank.R4>([3, 3, 3, 2], 2);
const bias = irregularTensor<tf.Rank.R1>([2], 3);
const PADDING = { top: 2, bottom: 0, left: 1, right: 1 };

/** Operation by operation, each with TensorFlow.js's own gradient. */
function plain(x: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor1D, stride: number, relu: boolean): tf.Tensor4D {
  const { top, bottom, left, right } = PADDING;
  const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
  const sums = tf.add(tf.conv2d(padded, kernel, stride, 'valid'), bias);
  return (relu ? tf.relu(sums) : sums) as tf.Tensor4D;
}

const CASES: [string, ConvolutionOptions][] = [
  ['linear', { stride: 1 }],
  ['with ReLU', { stride: 1, activation: 'relu' }],
  ['with ReLU, stride 2', { stride: 2, activation: 'relu' }],
];

describe('value', () => {
  it.each(CASES)('%s: is the same with and without a gradient, and that of the operations one by one', (_, options) => {
    const run = () => convolve(x, kernel, { ...options, bias, padding: PADDING });
    const expected = plain(x, kernel, bias, options.stride!, options.activation === 'relu');
    let recorded: Float32Array | undefined;
    tf.grad((b: tf.Tensor) => {
      const y = convolve(x, kernel, { ...options, bias: b as tf.Tensor1D, padding: PADDING });
      recorded = y.dataSync() as Float32Array;
      return tf.sum(y);
    })(bias);
    for (const values of [run().dataSync(), recorded!]) {
      values.forEach((number, index) => expect(number).toBeCloseTo(expected.dataSync()[index], 5));
    }
  });
});

describe('gradient', () => {
  it.each(CASES)('%s: equals that of the operations one by one to 1e-4 of the largest', (_, options) => {
    const ours = (...[v, k, b]: tf.Tensor[]) =>
      convolve(v as tf.Tensor4D, k as tf.Tensor4D, { ...options, bias: b as tf.Tensor1D, padding: PADDING });
    const theirs = (...[v, k, b]: tf.Tensor[]) =>
      plain(v as tf.Tensor4D, k as tf.Tensor4D, b as tf.Tensor1D, options.stride!, options.activation === 'relu');
    const dy = irregularTensor(ours(x, kernel, bias).shape, 4);
    const expected = tf.grads(theirs)([x, kernel, bias], dy);
    tf.grads(ours)([x, kernel, bias], dy).forEach((gradient, index) => {
      const largest = tf.max(tf.abs(expected[index])).dataSync()[0];
      const difference = tf.max(tf.abs(tf.sub(gradient, expected[index]))).dataSync()[0];
      expect(difference / largest).toBeLessThan(1e-4);
    });
  });

  it('agrees with central differences', () => {
    expectGradientsClose((v, k, b) => convolve(v, k, { bias: b, padding: PADDING }), [x, kernel, bias]);
  });
});

describe('memory', () => {
  it('holds a map less than the operations one by one until the gradient is made', () => {
    const before = tf.memory().numBytes;
    const heldBy = (operation: (v: tf.Tensor4D) => tf.Tensor4D) => {
      let held = 0;
      tf.tidy(() => {
        tf.grad((v: tf.Tensor) => {
          const y = tf.tidy(() => operation(v as tf.Tensor4D));
          held = tf.memory().numBytes - before;
          return tf.sum(y);
        })(x);
      });
      return held;
    };
    const ours = heldBy((v) => convolve(v, kernel, { bias, padding: PADDING, activation: 'relu' }));
    const oneByOne = heldBy((v) => plain(v, kernel, bias, 1, true));
    const map = 2 * 5 * 4 * 2 * 4; // the sums before the bias
    expect(oneByOne - ours).toBeGreaterThanOrEqual(map);
    expect(tf.memory().numBytes).toBe(before);
  });
});
