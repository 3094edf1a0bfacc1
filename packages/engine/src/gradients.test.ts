import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { registerGradients } from './gradients.js';

it('registers what tfjs-core alone lacks: gradients and chained methods, once', async () => {
  expect(tf.getGradient('Sum')).toBeUndefined();
  expect('add' in tf.Tensor.prototype).toBe(false);
  await registerGradients();

  const three = tf.tensor1d([3]);
  expect(
    tf
      .grad((x) => tf.sum(tf.square(x)))(three)
      .dataSync(),
  ).toEqual(new Float32Array([6]));
  expect('add' in tf.Tensor.prototype).toBe(true);
  expect(three).toBeInstanceOf(tf.Tensor);

  const gradient = tf.getGradient('Sum');
  await registerGradients();
  expect(tf.getGradient('Sum')).toBe(gradient);
});
