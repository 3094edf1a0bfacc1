import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { registerGradients } from './gradients.js';
import { readManifest } from './manifest.js';
import { startNative } from './native-engine.js';
import { registerNativeGradients } from './native-gradients.js';

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

const native = await startNative();
const absent = 'why' in native ? `: not run, ${native.why}; ${native.cure}` : '';

type ConvolutionCase = Omit<Parameters<typeof tf.fused.conv2d>[0], 'x' | 'filter' | 'bias'>;

function seeded(shape: number[], seed: number): tf.Tensor {
  return tf.randomUniform(shape, -1, 1, 'float32', seed);
}

describe.skipIf(absent)(`training kernels of native TensorFlow${absent}`, () => {
  beforeAll(async () => {
    await registerGradients();
    registerNativeGradients();
  });

  async function gradients(backend: string, operation: Operation, shapes: number[][]): Promise<Float32Array[]> {
    await tf.setBackend(backend);
    return tf.tidy(() => {
      const inputs = shapes.map((shape, index) => seeded(shape, index + 1));
      const dy = seeded(operation(...inputs).shape, 99);
      return tf
        .grads(operation)(inputs, dy)
        .map((gradient) => gradient.dataSync<'float32'>().slice());
    });
  }

  const conv =
    (stride: number, before: number, after: number): Operation =>
    (x, filter) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, [[0, 0], [before, after], [after, before], [0, 0]]); // prettier-ignore
  const cases: [string, Operation, number[][]][] = [
    ['relu', (x) => tf.relu(x), [[2, 3, 5, 4]]],
    ['relu twice, for the second derivative', (x) => tf.grad((v) => tf.sum(tf.pow(tf.relu(v), 3)))(x), [[7, 5]]],
    ['a convolution with bias and relu', (x, w, b) => tf.relu(tf.add(conv(1, 1, 1)(x, w), b)), [[2, 5, 7, 3], [3, 3, 3, 4], [4]]], // prettier-ignore
    ['a convolution padded above and right only', conv(1, 2, 0), [[2, 5, 7, 3], [3, 3, 3, 4]]], // prettier-ignore
    ['a strided convolution, a row that no stride reaches', conv(2, 0, 1), [[2, 5, 7, 3], [2, 2, 3, 4]]], // prettier-ignore
    ['a strided convolution with as many outputs as an unpadded one', (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'), [[2, 4, 5, 3], [3, 3, 3, 4]]], // prettier-ignore
    ['a max pool of equal values, where the first one counts', (x) => tf.maxPool(tf.round(tf.mul(x, 2)) as tf.Tensor4D, 3, 2, 'same'), [[2, 7, 6, 5]]], // prettier-ignore
    ['a max pool with overlap', (x) => tf.maxPool(x as tf.Tensor4D, [3, 2], [1, 2], 'valid'), [[2, 7, 6, 5]]],
    ['sum and mean', (x) => tf.mul(tf.mean(x, [0, 1, 2]), tf.sum(x)), [[2, 3, 5, 4]]],
    ['a sum over two axes, kept', (x) => tf.mul(x, tf.sum(x, [0, 1], true)), [[2, 3, 5, 4]]],
    ['a mean over the first axis', (x) => tf.square(tf.mean(x, 0)), [[6, 5]]],
    ['a sum over the first axis of three', (x) => tf.square(tf.sum(x, 0)), [[4, 3, 5]]],
  ];
  it.each(cases)('gradient: of %s equals that of the cpu backend', async (_, operation, shapes) => {
    const expected = await gradients('cpu', operation, shapes);
    const actual = await gradients('tensorflow', operation, shapes);
    actual.forEach((values, which) => {
      const largest = expected[which].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      // Float32 sums in another order.
      values.forEach((value, index) => expect(Math.abs(value - expected[which][index])).toBeLessThan(1e-4 * largest));
    });
  });

  it('value and gradients: batch normalisation in one kernel each way equals that of moments', async () => {
    const varianceEpsilon = 1e-5;
    const byMoments: Operation = (x, scale, offset) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const centred = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, varianceEpsilon)));
      return tf.add(tf.mul(centred, scale), offset);
    };
    const shapes = [[2, 3, 5, 4], [4], [4]];
    const expected = await gradients('cpu', byMoments, shapes);
    await tf.setBackend('tensorflow');
    tf.tidy(() => {
      const [x, scale, offset] = shapes.map((shape, index) => seeded(shape, index + 1));
      const dy = seeded(x.shape, 99);
      const run = (kernel: string, inputs: tf.NamedTensorMap) =>
        tf.engine().runKernel<tf.Tensor[]>(kernel, inputs, { varianceEpsilon });
      const [y, mean, variance] = run('BatchNormTraining', { x, scale, offset });
      const moments = tf.moments(x, [0, 1, 2]);
      expectNear(y, byMoments(x, scale, offset).dataSync());
      expectNear(mean, moments.mean.dataSync());
      expectNear(variance, moments.variance.dataSync());
      const slopes = run('BatchNormTrainingGrad', { dy, x, scale, mean, variance });
      slopes.forEach((slope, which) => expectNear(slope, expected[which]));
    });
  });

  /** Sums of 30 numbers in float32. */
  function expectNear(actual: tf.Tensor, expected: ArrayLike<number>) {
    const values = actual.dataSync();
    expect(values).toHaveLength(expected.length);
    values.forEach((value, index) => expect(value).toBeCloseTo(expected[index], 4));
  }

  it.each([
    ['with relu, same', { strides: 2, pad: 'same', activation: 'relu' }],
    ['linear, dilated', { strides: 1, pad: 'valid', dilations: 2, activation: 'linear' }],
    ['with relu, padded above and left only', { strides: 2, pad: [[0, 0], [2, 0], [1, 0], [0, 0]], activation: 'relu' }], // prettier-ignore
    ['with relu6, left to tfjs-node', { strides: 1, pad: 'valid', activation: 'relu6' }],
  ] satisfies [string, ConvolutionCase][])(
    'value: a convolution with bias equals that of the cpu backend: %s',
    async (_, options) => {
      const convolve = async (backend: string) => {
        await tf.setBackend(backend);
        return tf.tidy(() => {
          const [x, filter] = [seeded([2, 7, 6, 3], 1), seeded([3, 3, 3, 4], 2)] as tf.Tensor4D[];
          const bias = seeded([4], 3) as tf.Tensor1D;
          return tf.fused
            .conv2d({ x, filter, bias, ...options })
            .dataSync()
            .slice();
        });
      };
      const expected = await convolve('cpu');
      (await convolve('tensorflow')).forEach((value, index) => expect(value).toBeCloseTo(expected[index], 5));
    },
  );

  // oneDNN is there on x64; an addon that came with tfjs-node has no manifest.
  const compiledHere = process.arch === 'x64' && readManifest() !== undefined;
  it.skipIf(!compiledHere)('value: relu is part of the convolution where the addon was compiled here', async () => {
    await tf.setBackend('tensorflow');
    const backend = tf.backend() as unknown as {
      executeSingleOutput(operation: string, ...rest: unknown[]): tf.Tensor;
    };
    const called = vi.spyOn(backend, 'executeSingleOutput');
    const [x, filter] = [tf.ones([1, 2, 2, 1]), tf.tensor([-2, -2], [1, 1, 1, 2])] as tf.Tensor4D[];
    const y = tf.fused.conv2d({ x, filter, bias: tf.tensor1d([1, 5]), strides: 1, pad: 'valid', activation: 'relu' });
    expect(y.dataSync()).toEqual(Float32Array.of(0, 3, 0, 3, 0, 3, 0, 3));
    expect(called.mock.calls.map(([operation]) => operation)).toEqual(['_MklNativeFusedConv2D']);
    called.mockRestore();
  });

  it('value: relu passes its gradient in one kernel of TensorFlow', async () => {
    await tf.setBackend('tensorflow');
    const x = tf.tensor1d([-1, 0, 3]);
    const profile = await tf.profile(() => tf.grad((v) => tf.relu(v))(x, tf.tensor1d([5, 6, 7])));
    expect(profile.kernelNames).toContain('ReluGrad');
    expect(profile.kernelNames).not.toContain('Step');
    expect((profile.result as tf.Tensor).dataSync()).toEqual(new Float32Array([0, 0, 7]));
  });

  it.each([
    ['a cast to the same type', (x: tf.Tensor) => tf.cast(x, 'float32'), 0],
    ['a reshape to the same shape', (x: tf.Tensor) => tf.reshape(x, [2, -1]), 0],
    ['a cast to another type', (x: tf.Tensor) => tf.cast(x, 'int32'), 1],
    ['a reshape to another shape', (x: tf.Tensor) => tf.reshape(x, [3, 2]), 1],
  ])(
    'value and memory: %s is a tensor of its own, made without TensorFlow if it changes nothing',
    async (_, operation, calls) => {
      // prettier-ignore
      await tf.setBackend('tensorflow');
      const backend = tf.backend() as unknown as { executeSingleOutput(operation: string): tf.Tensor };
      const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
      const called = vi.spyOn(backend, 'executeSingleOutput');
      const y = operation(x);
      const { length } = called.mock.calls;
      called.mockRestore();
      expect(length).toBe(calls);
      x.dispose();
      expect([...y.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
      y.dispose();
    },
  );

  it('memory: the gradient of relu leaves one tensor', async () => {
    await tf.setBackend('tensorflow');
    const x = tf.tensor1d([-1, 3]);
    const before = tf.memory().numTensors;
    const gradient = tf.grad((v) => tf.relu(v))(x);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose([x, gradient]);
  });

  it('registers once', () => {
    const kernel = tf.getKernel('ReluGrad', 'tensorflow');
    registerNativeGradients();
    expect(tf.getKernel('ReluGrad', 'tensorflow')).toBe(kernel);
  });
});

describe.runIf(absent)('without native TensorFlow', () => {
  it('says that tfjs-node comes first', () => {
    expect(() => registerNativeGradients()).toThrow(
      'registerNativeGradients: tfjs-node has registered no kernels; load it first',
    );
  });
});
