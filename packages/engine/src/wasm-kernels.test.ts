import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
// The stock gradients, so that the cpu backend is a reference of its own.
import '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerLeanGradients } from './lean-gradients.js';
import { registerWasmKernels } from './wasm-kernels.js';

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;
type Padding = 'same' | 'valid' | [[number, number], [number, number], [number, number], [number, number]];

beforeAll(async () => {
  registerWasmKernels();
  for (const backend of ['wasm', 'cpu']) {
    await tf.setBackend(backend);
    tf.dispose(tf.zeros([1])); // starts it
  }
});

function seeded(shape: number[], seed: number): tf.Tensor {
  return tf.randomUniform(shape, -1, 1, 'float32', seed);
}

/** The value of an operation and its gradients by every input, as numbers, on one backend. */
async function differentiate(backend: string, operation: Operation, shapes: number[][]): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const results = tf.tidy(() => {
    const inputs = shapes.map((shape, index) => seeded(shape, index + 1));
    const value = operation(...inputs);
    const gradients = tf.grads(operation)(inputs, seeded(value.shape, 99));
    return [value, ...gradients].map((tensor) => tensor.dataSync<'float32'>().slice());
  });
  return results;
}

/** The largest difference between wasm and cpu, of the value and of each gradient, as a share of its largest number. */
async function deviations(operation: Operation, ...shapes: number[][]): Promise<number[]> {
  const expected = await differentiate('cpu', operation, shapes);
  const actual = await differentiate('wasm', operation, shapes);
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.map((values, which) => {
    if (values.length !== actual[which].length) return Infinity;
    return largest(values.map((value, index) => value - actual[which][index])) / Math.max(largest(values), 1e-3);
  });
}

/** Float32 sums in another order. */
const CLOSE = 1e-4;

const conv =
  (strides: number | [number, number], pad: Padding): Operation =>
  (x, filter) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad as 'same');

describe('value and gradient: convolutions on wasm equal those of the cpu backend', () => {
  const cases: [string, number | [number, number], Padding, number[], number[]][] = [
    ['3x3, stride 1, same', 1, 'same', [2, 7, 5, 3], [3, 3, 3, 4]],
    ['3x3, stride 1, valid', 1, 'valid', [2, 7, 5, 3], [3, 3, 3, 4]],
    ['1x1', 1, 'same', [3, 4, 5, 6], [1, 1, 6, 2]],
    ['2x3, stride 1', 1, 'same', [1, 6, 5, 2], [2, 3, 2, 3]],
    ['5x5 on a map smaller than the filter', 1, 'same', [2, 3, 4, 2], [5, 5, 2, 3]],
    ['3x3, stride 2, same, odd map', 2, 'same', [2, 7, 5, 3], [3, 3, 3, 4]],
    ['3x3, stride 2, same, even map', 2, 'same', [2, 8, 6, 3], [3, 3, 3, 4]],
    ['3x3, stride 2, valid, a row that no stride reaches', 2, 'valid', [2, 8, 6, 3], [3, 3, 3, 4]],
    ['1x1, stride 2', 2, 'valid', [2, 6, 5, 3], [1, 1, 3, 4]],
    ['2x2, strides 3 and 1', [3, 1], 'valid', [1, 9, 5, 2], [2, 2, 2, 3]],
    ['3x3, padded above and left only', 1, [[0, 0], [2, 0], [2, 0], [0, 0]], [2, 6, 5, 3], [3, 3, 3, 4]], // prettier-ignore
    ['3x3, stride 2, padded by 1 on every side', 2, [[0, 0], [1, 1], [1, 1], [0, 0]], [2, 8, 6, 3], [3, 3, 3, 4]], // prettier-ignore
    ['1x1, padded beyond the filter', 1, [[0, 0], [1, 2], [0, 1], [0, 0]], [2, 4, 3, 2], [1, 1, 2, 3]], // prettier-ignore
  ];
  it.each(cases)('%s', async (_, strides, pad, x, filter) => {
    expect(Math.max(...(await deviations(conv(strides, pad), x, filter)))).toBeLessThan(CLOSE);
  });

  it('transposed convolution, stride 2', async () => {
    const transposed: Operation = (x, filter) =>
      tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 8, 6, 3], 2, 'same');
    expect(Math.max(...(await deviations(transposed, [2, 4, 3, 4], [3, 3, 3, 4])))).toBeLessThan(CLOSE);
  });
});

describe('value and gradient: matrix products on wasm equal those of the cpu backend', () => {
  const cases: [string, boolean, boolean, number[], number[]][] = [
    ['plain', false, false, [5, 3], [3, 4]],
    ['transposed left', true, false, [3, 5], [3, 4]],
    ['transposed right', false, true, [5, 3], [4, 3]],
    ['both transposed', true, true, [3, 5], [4, 3]],
    ['a batch', false, false, [3, 5, 3], [3, 3, 4]],
    ['a batch, both transposed', true, true, [3, 3, 5], [3, 4, 3]],
    ['a batch of matrices too large for the scalar loop', false, true, [3, 40, 33], [3, 31, 33]],
    ['two leading dimensions', false, false, [2, 3, 5, 3], [2, 3, 3, 4]],
  ];
  it.each(cases)('%s', async (_, transposeA, transposeB, a, b) => {
    const product: Operation = (x, y) => tf.matMul(x, y, transposeA, transposeB);
    expect(Math.max(...(await deviations(product, a, b)))).toBeLessThan(CLOSE);
  });

  // Values only: tfjs-core has no gradient of a product that broadcasts.
  const broadcasts: [string, number[], number[]][] = [
    ['a batch against one matrix', [3, 5, 3], [1, 3, 4]],
    ['one matrix against a batch', [1, 5, 3], [3, 3, 4]],
    ['one large matrix against a batch', [1, 33, 40], [3, 40, 32]],
    ['leading dimensions that broadcast on both sides', [2, 1, 5, 3], [1, 3, 3, 4]],
  ];
  it.each(broadcasts)('value: %s', async (_, aShape, bShape) => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const a = seeded(aShape, 1);
      const b = seeded(bShape, 2);
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(aShape.slice(0, -2), bShape.slice(0, -2));
      const product = tf.matMul(a, b);
      expect(product.shape).toEqual([...batch, aShape.at(-2), bShape.at(-1)]);
      // sum over J of a[..., M, J, 1] * b[..., 1, J, N]
      const expected = tf.sum(tf.mul(tf.expandDims(a, -1), tf.expandDims(b, -3)), -2);
      expect(tf.max(tf.abs(tf.sub(product, expected))).dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  it('value: fused with bias and relu, right operand transposed', async () => {
    const fused: Operation = (a, b, bias) =>
      tf.fused.matMul({ a, b, bias, transposeB: true, activation: 'relu' }) as tf.Tensor;
    expect(Math.max(...(await deviations(fused, [5, 3], [4, 3], [4])))).toBeLessThan(CLOSE);
  });
});

describe('value and gradient: the other operations of a network on wasm equal those of the cpu backend', () => {
  const channels = (x: tf.Tensor, statistics: tf.Tensor[]) => {
    const [mean, variance, scale, offset] = statistics;
    return tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor1D, tf.square(variance) as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 0.1); // prettier-ignore
  };
  const map = [2, 4, 6, 3];
  const cases: [string, Operation, number[][]][] = [
    ['sum over the leading axes', (x) => tf.sum(x, [0, 1, 2]), [map]],
    ['sum over the leading axes, kept', (x) => tf.sum(x, [0, 1], true), [map]],
    ['sum over axes in between', (x) => tf.sum(x, [1, 2]), [map]],
    ['sum over an axis of one', (x) => tf.sum(x, 0), [[1, 5]]],
    ['sum over all', (x) => tf.sum(x), [map]],
    ['mean over the leading axes', (x) => tf.mean(x, [0, 1, 2]), [map]],
    ['mean over the last axis', (x) => tf.mean(x, -1, true), [map]],
    ['tile', (x) => tf.tile(x, [2, 3, 1, 5]), [[2, 1, 4, 3]]],
    ['broadcast', (x) => tf.broadcastTo(x, [5, 4, 3]), [[4, 1]]],
    ['variance', (x) => tf.moments(x, [0, 1, 2]).variance, [map]],
    ['batch norm', (x, ...statistics) => channels(x, statistics), [map, [3], [3], [3], [3]]],
    ['max pool', (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'same'), [[2, 5, 7, 3]]],
    ['max pool of a map that the stride does not divide', (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), [[2, 5, 7, 3]]], // prettier-ignore
    ['max pool, overlapping', (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'valid'), [[2, 7, 7, 3]]],
    ['max pool, stride 1', (x) => tf.maxPool(x as tf.Tensor4D, [3, 2], 1, 'same'), [[2, 5, 6, 3]]],
    ['max pool, padded by 1', (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1), [[2, 6, 8, 3]]],
    ['average pool', (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'), [[2, 5, 7, 3]]],
    ['average pool, overlapping', (x) => tf.avgPool(x as tf.Tensor4D, 3, 1, 'same'), [[2, 5, 6, 3]]],
    ['relu', (x) => tf.relu(x), [map]],
    ['softmax', (x) => tf.softmax(x), [map]],
    ['logSoftmax', (x) => tf.logSoftmax(x), [map]],
    ['logSumExp', (x) => tf.logSumExp(x, -1), [map]],
    ['pad', (x) => tf.pad(x, [[0, 0], [1, 2], [0, 1], [3, 0]]), [map]], // prettier-ignore
    ['slice', (x) => tf.slice(x, [0, 1, 2, 0], [2, 2, 3, 2]), [map]],
    ['concat', (x, y) => tf.concat([x, y], 3), [map, [2, 4, 6, 5]]],
    ['gather, an index twice', (x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32'), 1), [map]],
    ['transpose', (x) => tf.transpose(x, [3, 0, 2, 1]), [map]],
    ['product, quotient, square root', (x, y) => tf.div(tf.mul(x, y), tf.sqrt(tf.add(tf.square(y), 1))), [map, [3]]],
    ['entropy', (x) => tf.sum(tf.mul(tf.exp(x), tf.log(tf.exp(x)))), [map]],
  ];
  it.each(cases)('%s', async (_, operation, shapes) => {
    expect(Math.max(...(await deviations(operation, ...shapes)))).toBeLessThan(CLOSE);
  });
});

describe('value and gradient: depthwise convolutions on wasm equal those of the cpu backend', () => {
  const cases: [string, number | [number, number], 'same' | 'valid', number[], number[]][] = [
    ['3x3, same', 1, 'same', [2, 6, 5, 3], [3, 3, 3, 1]],
    ['3x3, valid, two outputs a channel', 1, 'valid', [2, 6, 5, 3], [3, 3, 3, 2]],
    ['2x3, stride 2, same, odd map', 2, 'same', [2, 7, 5, 2], [2, 3, 2, 3]],
    ['3x3, stride 2, valid, a row that no stride reaches', 2, 'valid', [2, 8, 6, 2], [3, 3, 2, 1]],
    ['1x1, stride 2', 2, 'valid', [2, 6, 5, 3], [1, 1, 3, 2]],
    ['5x5 on a map smaller than the filter', 1, 'same', [1, 3, 4, 2], [5, 5, 2, 1]],
  ];
  it.each(cases)('%s', async (_, strides, pad, x, filter) => {
    const operation: Operation = (x, filter) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
    expect(Math.max(...(await deviations(operation, x, filter)))).toBeLessThan(CLOSE);
  });
});

describe('training on wasm', () => {
  /** conv3x3 + batch norm + relu + max-pool, strided conv + bias + relu, 1x1: the losses of 5 steps of Adam. */
  async function losses(backend: string): Promise<number[]> {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const variables = [[3, 3, 3, 8], [8], [8], [3, 3, 8, 8], [8], [1, 1, 8, 4]].map((shape, index) =>
      tf.tidy(() => tf.variable(tf.mul(seeded(shape, index + 10), 0.5))),
    );
    const [stem, scale, offset, strided, bias, head] = variables as unknown as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor4D, tf.Tensor1D, tf.Tensor4D]; // prettier-ignore
    const images = seeded([3, 12, 10, 3], 1) as tf.Tensor4D;
    const target = tf.tidy(() => tf.softmax(seeded([3, 3, 3, 4], 2)));
    const optimizer = tf.train.adam(0.01);
    const loss = () => {
      const maps = tf.conv2d(images, stem, 1, 'same');
      const { mean, variance } = tf.moments(maps, [0, 1, 2]);
      const normalised = tf.batchNorm(maps, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, 1e-3);
      const pooled = tf.maxPool(tf.relu(normalised), 2, 2, 'same');
      const deep = tf.relu(tf.add(tf.conv2d(pooled, strided, 2, 'same'), bias)) as tf.Tensor4D;
      const logProbs = tf.logSoftmax(tf.conv2d(deep, head, 1, 'same'));
      return tf.neg(tf.mean(tf.sum(tf.mul(target, logProbs), -1))) as tf.Scalar;
    };
    const history = Array.from({ length: 5 }, () => {
      const value = optimizer.minimize(loss, true) as tf.Scalar;
      const [number] = value.dataSync();
      value.dispose();
      return number;
    });
    optimizer.dispose();
    tf.dispose([variables, images, target]);
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
    return history;
  }

  it('follows the losses of the cpu backend step by step, with the lean gradients too', async () => {
    const expected = await losses('cpu');
    expect(expected[4]).toBeLessThan(expected[0]);
    const stock = await losses('wasm');
    registerLeanGradients();
    const lean = await losses('wasm');
    // Float32 sums in another order, through five steps.
    expected.forEach((value, step) => {
      expect(stock[step]).toBeCloseTo(value, 4);
      expect(lean[step]).toBeCloseTo(value, 4);
    });
  });
});

describe('value: OneHot on wasm equals that of the cpu backend', () => {
  it.each([
    ['integers', 'int32', 1, 0],
    ['floats', 'float32', 1, 0],
    ['floats of any two values', 'float32', 0.9, 0.05],
  ] as const)('%s', async (_, dtype, on, off) => {
    const values = async (backend: string) => {
      await tf.setBackend(backend);
      return tf.tidy(() => [...tf.oneHot(tf.tensor1d([2, 0, 7, 1], 'int32'), 3, on, off, dtype).dataSync()]);
    };
    const expected = await values('cpu');
    expect(expected.filter((value) => value === Math.fround(on))).toHaveLength(3);
    (await values('wasm')).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  });
});

describe('error and registration', () => {
  it('names the layout that it cannot compute', async () => {
    await tf.setBackend('wasm');
    const attrs = { strides: [1, 1], pad: 'valid', dataFormat: 'NCHW', inputShape: [1, 1, 3, 3] };
    const inputs = { dy: tf.zeros([1, 1, 2, 2]), filter: tf.zeros([2, 2, 1, 1]) };
    expect(() => tf.engine().runKernel('Conv2DBackpropInput', inputs, attrs)).toThrow(
      "Conv2DBackpropInput: the wasm engine computes NHWC only, got 'NCHW'; transpose to [N,H,W,C]",
    );
    tf.dispose(inputs);
  });

  it('registers once', () => {
    const kernel = tf.getKernel('BatchMatMul', 'wasm');
    registerWasmKernels();
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(kernel);
  });

  it('memory: one matMul of a transposed batch leaves one tensor and one buffer', async () => {
    await tf.setBackend('wasm');
    const a = seeded([3, 40, 33], 1);
    const { numTensors, numDataBuffers } = tf.memory();
    const product = tf.matMul(a, a, false, true);
    expect(tf.memory().numTensors).toBe(numTensors + 1);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers + 1);
    tf.dispose([a, product]);
  });
});
