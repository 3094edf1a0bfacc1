import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { filterGradientByRows, filterGradientByTaps } from './filter-gradient.js';
import { registerGradients } from './gradients.js';

beforeAll(async () => {
  await registerGradients();
  await tf.setBackend('cpu');
});

it.each([
  [3, 3],
  [2, 3],
  [1, 1],
  [5, 7],
])('is the gradient of a convolution of %i x %i', (filterHeight, filterWidth) => {
  const x = tf.randomUniform<tf.Rank.R4>([2, 5, 7, 3], -1, 1, 'float32', 1);
  const filter = tf.randomUniform<tf.Rank.R4>([filterHeight, filterWidth, 3, 4], -1, 1, 'float32', 2);
  const convolve = (w: tf.Tensor) => tf.conv2d(x, w as tf.Tensor4D, 1, 'valid');
  const dy = tf.randomUniform<tf.Rank.R4>(convolve(filter).shape as [number, number, number, number], -1, 1, 'float32', 3); // prettier-ignore
  const expected = tf.grad(convolve)(filter, dy);
  for (const gradient of [filterGradientByTaps, filterGradientByRows]) {
    const actual = gradient(x, dy);
    expect(actual.shape).toEqual(expected.shape);
    expect(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]).toBeLessThan(1e-5);
  }
});

it('leaves one tensor a call', () => {
  const [x, dy] = [tf.ones<tf.Rank.R4>([1, 4, 4, 1]), tf.ones<tf.Rank.R4>([1, 2, 2, 1])];
  const before = tf.memory().numTensors;
  filterGradientByTaps(x, dy);
  filterGradientByRows(x, dy);
  expect(tf.memory().numTensors).toBe(before + 2);
});
