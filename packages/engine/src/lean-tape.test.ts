import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installLeanTape } from './lean-tape.js';

const x = tf.tensor2d([1, -2, 3, 0.5], [2, 2]);
const w = tf.tensor2d([0.3, 0.1, -0.7, 2], [2, 2]);

/** Every path meets: shared inputs, an output read twice, a branch that leads nowhere, two outputs of one operation. */
function tangled(x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  const h = tf.relu(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
  const [left, right] = tf.split(tf.add(h, x), 2, 1);
  tf.exp(h); // leads nowhere
  return tf.add(tf.sum(tf.mul(left, tf.square(right))), tf.sum(tf.mul(h, h)));
}

const stock = tf
  .grads(tangled)([x, w])
  .map((gradient) => gradient.dataSync());

beforeAll(() => installLeanTape());
beforeEach(() => {
  tf.engine().startScope();
  return () => tf.engine().endScope();
});

describe('value', () => {
  it("equals the stock tape's gradients, bit by bit", () => {
    tf.grads(tangled)([x, w]).forEach((gradient, index) => expect(gradient.dataSync()).toEqual(stock[index]));
  });

  it('takes a gradient from outside and leaves it alone', () => {
    const dy = tf.tensor1d([5, 6, 7]);
    expect(
      tf
        .grad((v) => tf.relu(v))(tf.tensor1d([-1, 0, 3]), dy)
        .dataSync(),
    ).toEqual(new Float32Array([0, 0, 7]));
    expect(dy.isDisposed).toBe(false);
  });

  it('differentiates twice', () => {
    const slope = (v: tf.Tensor) => tf.grad((u) => tf.sum(tf.pow(u, 3)))(v);
    expect(
      tf
        .grad((v) => tf.sum(slope(v)))(tf.tensor1d([1, 2]))
        .dataSync(),
    ).toEqual(new Float32Array([6, 12]));
  });

  it.each([
    ['its argument', (dy: tf.Tensor) => dy],
    ['what was saved', (_: tf.Tensor, saved: tf.Tensor[]) => saved[0]],
  ])('frees nothing that a gradient function handed on: %s', (_name, gradFunc) => {
    const handsOn = tf.customGrad((...args) => {
      const [v, save] = args as [tf.Tensor, tf.GradSaveFunc];
      save([v]);
      return { value: tf.mul(v, 1), gradFunc };
    });
    const v = tf.tensor1d([2, 3]);
    const [gradient] = tf.grads((u: tf.Tensor) => tf.sum(handsOn(handsOn(u))))([v]);
    expect(gradient.dataSync()).toHaveLength(2);
    expect(v.isDisposed).toBe(false);
  });

  it('adds up one tensor that is the gradient by two inputs', () => {
    const twice = tf.customGrad((...args) => {
      const [a, b] = args as tf.Tensor[];
      return {
        value: tf.add(a, b),
        gradFunc: (dy: tf.Tensor) => {
          const both = tf.mul(dy, 2);
          return [both, both];
        },
      };
    });
    const [gradient] = tf.grads((v: tf.Tensor) => tf.sum(twice(v, tf.square(v))))([tf.tensor1d([3])]);
    expect(gradient.dataSync()[0]).toBe(2 + 2 * 6);
  });
});

describe('error', () => {
  it('says what does not lead to y, in the words of TensorFlow.js', () => {
    expect(() => tf.grads(() => tf.scalar(1))([x])).toThrow(
      new Error(
        'Cannot compute gradient of y=f(x) with respect to x. Make sure that the f you passed encloses all operations ' +
          'that lead from x to y.',
      ),
    );
  });
});

describe('memory', () => {
  it('holds no more at its peak than the forward pass left, and a few maps', () => {
    const depth = 20;
    const map = tf.randomUniform([1000]);
    const bytes = map.size * 4;
    const chain = (v: tf.Tensor) => {
      let y = v;
      for (let layer = 0; layer < depth; layer++) y = observe(tf.square(y));
      return tf.sum(y);
    };
    // The gradient of each layer looks at how much is held while it runs.
    let peak = 0;
    const observe = tf.customGrad((...args) => ({
      value: tf.clone(args[0] as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => {
        peak = Math.max(peak, tf.memory().numBytes);
        return tf.clone(dy);
      },
    }));
    const before = tf.memory().numBytes;
    const gradient = tf.grad(chain)(map);
    expect((peak - before) / bytes).toBeLessThan(depth + 4);
    expect(tf.memory().numBytes - before).toBe(bytes);
    gradient.dispose();
  });

  it('leaves one tensor for each gradient', () => {
    const before = tf.memory().numTensors;
    const gradients = tf.grads(tangled)([x, w]);
    expect(tf.memory().numTensors - before).toBe(2);
    tf.dispose(gradients);
  });
});
