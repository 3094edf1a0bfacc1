import { irregularTensor, useNativeEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maskedConv2d, RASTER_ORDERINGS, ResidualBlock, type View } from './index.js';
import { MASK_FORMS } from './kernel-mask.js';

const fault = await useNativeEngine();
const KERNELS = ['TapConvolution', 'TapFilterGrad', 'ResidualSubBlock', 'ResidualSubBlockGrad'];
const missing = KERNELS.filter((name) => !tf.getKernel(name, tf.getBackend()));
const absent =
  fault !== '' ? `: not run, ${fault}` : missing.length > 0 ? `: not run, the engine has no ${missing.join(', ')}` : '';

/** What is computed without the kernels: by the operations that every engine has. */
function plainly<T>(compute: () => T): T {
  const kernels = KERNELS.map((name) => tf.getKernel(name, tf.getBackend())!);
  for (const { kernelName, backendName } of kernels) tf.unregisterKernel(kernelName, backendName);
  try {
    return compute();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}

function expectEqual(compute: () => tf.Tensor[]): void {
  tf.tidy(() => {
    const [actual, expected] = [compute(), plainly(compute)];
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    actual.forEach((tensor, which) => {
      const largest = tf.max(tf.abs(expected[which])).dataSync()[0];
      expect(largest).toBeGreaterThan(0);
      const worst = tf.max(tf.abs(tf.sub(tensor, expected[which]))).dataSync()[0];
      expect(worst).toBeLessThan(1e-5 * largest); // float32 sums of some hundred numbers in another order
    });
  });
}

const VIEWS: readonly View[] = [...RASTER_ORDERINGS, 'unmasked'];
const nameOf = (view: View) => (view === 'unmasked' ? view : view.name);

describe.skipIf(absent)(`with the engine's kernels${absent}`, () => {
  it.each(VIEWS.flatMap((view) => MASK_FORMS.map((form) => [nameOf(view), form, view] as const)))(
    'value and gradient: a masked convolution is the one without, %s, %s',
    (_name, form, view) => {
      for (const dilation of [1, 2]) {
        for (const includeCenter of [true, false]) {
          expectEqual(() => {
            const x = irregularTensor<tf.Rank.R4>([2, 7, 5, 32], 1);
            const kernel = irregularTensor<tf.Rank.R4>([3, 3, 32, 64], 2);
            const bias = irregularTensor<tf.Rank.R1>([64], 3);
            const convolution = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
              maskedConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, view, {
                bias: bias as tf.Tensor1D,
                form,
                includeCenter,
                dilation,
                activation: 'relu',
              });
            const y = convolution(x, kernel, bias);
            return [y, ...tf.grads(convolution)([x, kernel, bias], irregularTensor(y.shape, 4))];
          });
        }
      }
    },
  );

  it.each(
    VIEWS.flatMap((view) =>
      (['none', 'batch'] as const).map((normalization) => [nameOf(view), normalization, view] as const),
    ),
  )('value and gradient: a residual block is the one without, %s, normalization %s', (_name, normalization, view) => {
    const layer = new ResidualBlock({ filters: 64, normalization, seed: 4 });
    layer.build([null, null, null, 32]);
    const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    weights.forEach((weight, index) => weight.assign(irregularTensor(weight.shape, 10 + index)));
    expectEqual(() => {
      const x = irregularTensor<tf.Rank.R4>([2, 7, 5, 32], 1);
      const block = (x: tf.Tensor) => layer.apply(x, { view, training: true }) as tf.Tensor4D;
      const y = block(x);
      const dy = irregularTensor(y.shape, 5);
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(block(x), dy)), weights);
      const slopes = [y, tf.grad(block)(x, dy), ...Object.values(grads)];
      // Running statistics, which inference normalises with, follow each call in training.
      return normalization === 'batch' ? slopes : [layer.apply(x, { view }) as tf.Tensor, ...slopes];
    });
  });

  it('memory: a residual block leaves its gradients alone', () => {
    const layer = new ResidualBlock({ filters: 64, seed: 4 });
    const x = irregularTensor<tf.Rank.R4>([1, 4, 5, 32], 1);
    const slope = () => tf.grad((x) => layer.apply(x, { view: RASTER_ORDERINGS[0] }) as tf.Tensor4D)(x);
    slope().dispose();
    const before = tf.memory().numTensors;
    slope();
    expect(tf.memory().numTensors).toBe(before + 1);
  });
});
