import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// The stock gradients: the reference, and what is replaced.
import '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerLeanGradients } from './lean-gradients.js';

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

const batchNorm = (x: tf.Tensor, ...[mean, deviation, scale, offset]: tf.Tensor[]) =>
  tf.batchNorm4d(
    x as tf.Tensor4D,
    mean as tf.Tensor1D,
    tf.square(deviation) as tf.Tensor1D,
    offset as tf.Tensor1D,
    scale as tf.Tensor1D,
    0.1,
  );

const MAP = [2, 3, 4, 5];
const CASES: [string, Operation, number[][]][] = [
  ['a bias added', (x, b) => tf.add(x, b), [MAP, [5]]],
  ['a sum that broadcasts both ways', (x, y) => tf.add(x, y), [[3, 1, 2], [4, 1]]], // prettier-ignore
  ['a difference', (x, y) => tf.sub(x, y), [MAP, [4, 1]]],
  ['reshape', (x) => tf.reshape(x, [6, 20]), [MAP]],
  ['expandDims', (x) => tf.expandDims(x, 2), [MAP]],
  ['pad', (x) => tf.pad(x, [[0, 0], [1, 0], [0, 2], [0, 3]]), [MAP]], // prettier-ignore
  ['slice', (x) => tf.slice(x, [1, 0, 1, 2], [1, 3, 2, -1]), [MAP]],
  ['concat', (x, y) => tf.concat([x, y, x], 3), [MAP, [2, 3, 4, 2]]],
  ['stack', (x, y) => tf.stack([x, y], 1), [MAP, MAP]],
  ['relu', (x) => tf.relu(x), [MAP]],
  ['sum of all', (x) => tf.sum(x), [MAP]],
  ['sum over leading axes', (x) => tf.sum(x, [0, 1, 2]), [MAP]],
  ['sum over an inner axis, kept', (x) => tf.sum(x, [1, -1], true), [MAP]],
  ['mean of all', (x) => tf.mean(x), [MAP]],
  ['mean over leading axes', (x) => tf.mean(x, [0, 1, 2]), [MAP]],
  ['variance', (x) => tf.moments(x, [0, 1, 2]).variance, [MAP]],
  ['tile', (x) => tf.tile(x, [2, 3, 1, 2]), [[2, 1, 3, 2]]],
  ['broadcast', (x) => tf.broadcastTo(x, [3, 4, 2]), [[4, 1]]],
  ['batch norm', batchNorm, [MAP, [5], [5], [5], [5]]],
  ['batch norm, statistics per value', batchNorm, [MAP, MAP, MAP, MAP, MAP]],
];

function seeded(shape: number[], seed: number): tf.Tensor {
  return tf.randomUniform(shape, -1, 1, 'float32', seed);
}

/** Gradients by every input, and by the first input those of the squared gradient. */
function differentiate(operation: Operation, shapes: number[][]): Float32Array[] {
  return tf.tidy(() => {
    const inputs = shapes.map((shape, index) => seeded(shape, index + 1));
    const gradients = tf.grads(operation)(inputs, seeded(operation(...inputs).shape, 99));
    const cubed = (...xs: tf.Tensor[]) => tf.sum(tf.pow(operation(...xs), 3));
    const second = tf.grad((x) => tf.sum(tf.square(tf.grads(cubed)([x, ...inputs.slice(1)])[0])))(inputs[0]);
    return [...gradients, second].map((gradient) => gradient.dataSync<'float32'>().slice());
  });
}

let stock: Float32Array[][] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
  stock = CASES.map(([, operation, shapes]) => differentiate(operation, shapes));
  registerLeanGradients();
});

describe('gradient', () => {
  it.each(CASES)('of %s equals the stock one, its own gradient too', (title, operation, shapes) => {
    const expected = stock[CASES.findIndex(([name]) => name === title)];
    differentiate(operation, shapes).forEach((values, which) => {
      const largest = expected[which].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      // Float32, in another order of operations.
      values.forEach((value, index) => expect(Math.abs(value - expected[which][index])).toBeLessThan(1e-5 * largest));
    });
  });

  it('of relu is 0 at 0 and keeps NaN', () => {
    const gradient = tf.grad((x) => tf.relu(x))(tf.tensor1d([-1, 0, 2, NaN]));
    expect(gradient.dataSync()).toEqual(new Float32Array([0, 0, 1, NaN]));
  });
});

describe('memory', () => {
  it('keeps one map of conv + bias + padding + relu for the backward pass', () => {
    const x = seeded([1, 8, 8, 4], 1) as tf.Tensor4D;
    const bias = seeded([4], 2);
    const filter = seeded([3, 3, 4, 4], 3);
    const before = tf.memory();
    let kept = 0;
    const loss = (kernel: tf.Tensor) => {
      const y = tf.tidy(() => {
        const maps = tf.add(tf.conv2d(x, kernel as tf.Tensor4D, 1, 'same'), bias);
        return tf.relu(tf.pad(maps, [[0, 0], [0, 0], [0, 0], [0, 4]])); // prettier-ignore
      });
      kept = tf.memory().numDataBuffers - before.numDataBuffers;
      return tf.sum(y);
    };
    tf.dispose(tf.grad(loss)(filter));
    expect(kept).toBe(1); // y; the stock gradients keep the maps before the bias and before relu too
    expect(tf.memory().numTensors).toBe(before.numTensors);
    tf.dispose([x, bias, filter]);
  });
});

describe('registration and error', () => {
  it('replaces once', () => {
    const gradient = tf.getGradient('Relu');
    registerLeanGradients();
    expect(tf.getGradient('Relu')).toBe(gradient);
  });

  it('says which stock gradient is absent', () => {
    const gradient = tf.getGradient('Tile');
    tf.unregisterGradient('Tile');
    expect(() => registerLeanGradients()).toThrow(
      "registerLeanGradients: no gradient of 'Tile' is registered; call registerGradients",
    );
    tf.registerGradient(gradient);
  });
});
