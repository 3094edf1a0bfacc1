/**
 * Training kernels of native TensorFlow that tfjs-node leaves out or composes of many passes.
 *
 * - ReluGrad: tfjs-node makes relu's gradient of IsNan, Greater, Fill, Select, Multiply and ones uploaded from JavaScript;
 *   TensorFlow's own op is one pass.
 * - BatchNormTraining and BatchNormTrainingGrad, which tfjs-core does not know (native-batch-norm.ts).
 * - BoxFilter, TapConvolution, TapFilterGrad, ResidualSubBlock and ResidualSubBlockGrad: operations of our own, compiled into
 *   the addon (native-box-filter.ts, native-tap-convolution.ts, native-sub-block.ts).
 * - FusedConv2D and MaxPoolGrad of oneDNN, where it is there (one-dnn.ts).
 * - Sum and Mean over leading axes (bias and batch-norm gradients): the product of a row of ones with the map, which is
 *   several times faster than TensorFlow's reduction on the CPU.
 * - Cast and Reshape that change nothing, which tfjs-node has TensorFlow carry out: a cast copies the map.
 * - Conv2DBackpropFilter and Conv2DBackpropInput with explicit padding, which tfjs-node refuses though its Conv2D accepts
 *   it and TensorFlow has it.
 * - Conv2DBackpropFilter by taps on CPUs without AVX-512, where oneDNN's takes twice the time of the convolution itself.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { filterGradientByTaps } from './filter-gradient.js';
import { RELU_GRAD } from './lean-gradients.js';
import { leadingAxes } from './leading-axes.js';
import { execute, nativeBackend } from './native-backend.js';
import { boxFilter, hasBoxFilter } from './native-box-filter.js';
import { batchNormTraining, batchNormTrainingGrad } from './native-batch-norm.js';
import { hasSubBlock, subBlock, subBlockGrad } from './native-sub-block.js';
import { hasTapConvolution, tapConvolution, tapFilterGrad } from './native-tap-convolution.js';
import { fusedConvolution, hasOneDnn, maxPoolGradient } from './one-dnn.js';
import { replaceKernel, skipKernel, type Kernel } from './replace-kernel.js';

const BACKEND = 'tensorflow';

/** Registers the kernels for tfjs-node's backend, whose stock ones must be registered; a second call does nothing. */
export function registerNativeGradients(): void {
  if (!tf.getKernel('Conv2DBackpropFilter', BACKEND)) {
    throw new Error('registerNativeGradients: tfjs-node has registered no kernels; load it first');
  }
  replaceKernel(
    RELU_GRAD,
    BACKEND,
    () =>
      ({ dy, y }) =>
        execute('ReluGrad', [dy, y]),
  );
  tf.registerGradient({
    kernelName: RELU_GRAD,
    inputsToSave: ['y'],
    gradFunc: (ddx, [y]) => ({
      dy: () => tf.engine().runKernel(RELU_GRAD, { dy: ddx as tf.Tensor, y }),
      y: () => tf.zerosLike(y),
    }),
  });
  skipKernel('Cast', BACKEND, ({ dtype }, attrs) => dtype === attrs['dtype']);
  skipKernel('Reshape', BACKEND, ({ shape }, attrs) => {
    const size = tf.util.sizeFromShape(shape);
    return tf.util.arraysEqual(shape, tf.util.inferFromImplicitShape(attrs['shape'] as number[], size));
  });
  if (!nativeBackend().isUsingGpuDevice) {
    replaceKernel('Sum', BACKEND, leadingSum);
    replaceKernel('Mean', BACKEND, leadingMean);
    // On a GPU the statistics that the gradient reads are others.
    replaceKernel('BatchNormTraining', BACKEND, () => batchNormTraining);
    replaceKernel('BatchNormTrainingGrad', BACKEND, () => batchNormTrainingGrad);
    if (hasBoxFilter()) replaceKernel('BoxFilter', BACKEND, () => boxFilter);
    if (hasTapConvolution()) {
      replaceKernel('TapConvolution', BACKEND, () => tapConvolution);
      replaceKernel('TapFilterGrad', BACKEND, () => tapFilterGrad);
    }
    if (hasSubBlock()) {
      replaceKernel('ResidualSubBlock', BACKEND, () => subBlock);
      replaceKernel('ResidualSubBlockGrad', BACKEND, () => subBlockGrad);
    }
    if (hasOneDnn()) {
      replaceKernel('FusedConv2D', BACKEND, fusedConvolution);
      replaceKernel('MaxPoolGrad', BACKEND, maxPoolGradient);
    }
  }
  replaceKernel('Conv2DBackpropFilter', BACKEND, backpropFilter);
  replaceKernel('Conv2DBackpropInput', BACKEND, backpropInput);
}

function leadingSum(stock: Kernel): Kernel {
  return ({ x }, attrs) => sumOfLeading(x, attrs, 1) ?? stock({ x }, attrs);
}

function leadingMean(stock: Kernel): Kernel {
  return ({ x }, attrs) => {
    const axes = leadingAxes(x, attrs);
    return (axes && sumOfLeading(x, attrs, 1 / axes.rows)) ?? stock({ x }, attrs);
  };
}

function sumOfLeading(x: tf.Tensor, attrs: tf.NamedAttrMap, weight: number): tf.Tensor | null {
  const axes = leadingAxes(x, attrs);
  if (!axes) return null;
  const row = tf.mul<tf.Tensor2D>(tf.ones([1, axes.rows]), weight);
  return tf.reshape(tf.matMul(row, tf.reshape(x, [axes.rows, axes.columns])), axes.outShape); // [1, columns]
}

/** [before, after] of each dimension; null where the padding is 'same', 'valid' or one number. */
function explicitPadding(attrs: tf.NamedAttrMap): [number, number][] | null {
  const { pad } = attrs as unknown as Pick<tf.Conv2DBackpropInputAttrs, 'pad'>;
  return Array.isArray(pad) ? pad : null;
}

function backpropFilter(stock: Kernel): Kernel {
  const byTaps = !nativeBackend().isUsingGpuDevice && hasX64WithoutAvx512();
  return ({ x, dy }, attrs) => {
    const pad = explicitPadding(attrs);
    const { strides, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
    const [filterHeight, filterWidth] = filterShape;
    const padded = pad ? tf.pad(x, pad) : x;
    // So many outputs has a convolution that is undilated and not padded any more; a small strided one may have as many.
    const dense =
      [strides].flat().every((stride) => stride === 1) &&
      dy.shape[1] === padded.shape[1]! - filterHeight + 1 &&
      dy.shape[2] === padded.shape[2]! - filterWidth + 1;
    if (byTaps && dense && filterHeight * filterWidth > 1) {
      return filterGradientByTaps(padded as tf.Tensor4D, dy as tf.Tensor4D);
    }
    return stock({ x: padded, dy }, pad ? { ...attrs, pad: 'valid' } : attrs);
  };
}

/** By what the CPU is rather than by a timing: a run that goes on later has to compute the same bits. */
function hasX64WithoutAvx512(): boolean {
  if (process.arch !== 'x64' || process.platform !== 'linux') return false;
  try {
    return !/\bavx512f\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

function backpropInput(stock: Kernel): Kernel {
  return ({ dy, filter }, attrs) => {
    const pad = explicitPadding(attrs);
    if (!pad) return stock({ dy, filter }, attrs);
    const shape = attrs['inputShape'] as number[];
    const padded = shape.map((size, dimension) => size + pad[dimension][0] + pad[dimension][1]);
    const whole = stock({ dy, filter }, { ...attrs, inputShape: padded, pad: 'valid' });
    return tf.slice(
      whole,
      pad.map(([before]) => before),
      shape,
    );
  };
}
