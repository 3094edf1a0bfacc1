/**
 * Tensors that a function leaves behind.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/**
 * Expects `fn` to leave exactly `count` tensors behind; a first call, whose caches may stay, does not count.
 *
 * @param count - tensors that the function returns to its caller
 */
export function expectNoLeakedTensors(fn: () => unknown, count: number): void {
  const leftBy = () => {
    const before = tf.memory().numTensors;
    const result = fn();
    const left = tf.memory().numTensors - before;
    tf.dispose(result as tf.TensorContainer);
    return left;
  };
  leftBy();
  expect(leftBy(), 'tensors left behind').toBe(count);
}
