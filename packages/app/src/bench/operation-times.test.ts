import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { timeOperations } from './operation-times.js';

beforeAll(useTestEngine);

/** A convolution 3x3 with its two gradients, then a product of matrices. */
function run(): void {
  tf.tidy(() => {
    const x = tf.ones<tf.Rank.R4>([1, 8, 8, 2]);
    const slopes = tf.grads((image: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
    )([x, tf.ones([3, 3, 2, 4])]);
    slopes[0].dataSync();
    tf.matMul(tf.ones([4, 4]), tf.ones([4, 4])).dataSync();
  });
}

it('tells the operations of a run with their calls, convolutions by the size of their filter', () => {
  const { operations, seconds, betweenSeconds } = timeOperations(run, 3);
  const named = operations.filter(({ operation }) => operation.includes('Conv2D'));
  expect(named.map(({ operation }) => operation.split(' ')[1])).toEqual(['3x3', '3x3', '3x3']);
  expect(named.map(({ calls }) => calls)).toEqual([1, 1, 1]);
  expect(operations.some(({ operation }) => operation.includes('MatMul'))).toBe(true);
  expect(operations.map((each) => each.seconds)).toEqual(operations.map((each) => each.seconds).sort((a, b) => b - a));
  const within = operations.reduce((sum, each) => sum + each.seconds, 0);
  expect(within + betweenSeconds).toBeCloseTo(seconds, 9);
  expect(operations.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1);
});

it('leaves the engine as it was, also after a run that failed', () => {
  const before = tf.getKernel('Conv2D', tf.getBackend())!.kernelFunc;
  const fail = () => {
    throw new Error('within');
  };
  expect(() => timeOperations(fail, 1)).toThrow('within');
  expect(tf.getKernel('Conv2D', tf.getBackend())!.kernelFunc).toBe(before);
  expect(Object.keys(tf.backend())).not.toContain('executeSingleOutput');
});
