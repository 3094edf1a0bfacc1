/**
 * Training kernels of native TensorFlow that tfjs-node leaves out or composes of many passes.
 *
 * - ReluGrad: tfjs-node makes relu's gradient of IsNan, Greater, Fill, Select, Multiply and ones uploaded from JavaScript;
 *   TensorFlow's own op is one pass.
 * - FusedConv2D: tfjs-node convolves, then adds the bias in a pass of its own; oneDNN adds it while it writes the result.
 * - Sum and Mean over leading axes (bias and batch-norm gradients): the product of a row of ones with the map, which is
 *   several times faster than TensorFlow's reduction on the CPU.
 * - Conv2DBackpropFilter and Conv2DBackpropInput with explicit padding, which tfjs-node refuses though its Conv2D accepts
 *   it and TensorFlow has it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { RELU_GRAD } from './lean-gradients.js';
import { leadingAxes } from './leading-axes.js';
import { replaceKernel, type Kernel } from './replace-kernel.js';

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
  if (!(tf.backend() as NativeBackend).isUsingGpuDevice) {
    replaceKernel('Sum', BACKEND, leadingSum);
    replaceKernel('Mean', BACKEND, leadingMean);
    if (hasBiasConvolution()) replaceKernel('FusedConv2D', BACKEND, fusedConvolution);
  }
  replaceKernel('Conv2DBackpropFilter', BACKEND, backpropFilter);
  replaceKernel('Conv2DBackpropInput', BACKEND, backpropInput);
}

/** A TensorFlow op of float32 tensors, called by its own name. */
function execute(op: string, inputs: tf.Tensor[], attrs: readonly OpAttribute[] = []): tf.Tensor {
  const backend = tf.backend() as NativeBackend;
  const { TF_ATTR_TYPE: type, TF_FLOAT: value } = backend.binding;
  return backend.executeSingleOutput(op, [{ name: 'T', type, value }, ...attrs], inputs);
}

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | string | boolean | readonly number[];
}

/** The part of tfjs-node's backend that calls TensorFlow. */
interface NativeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<
    Record<'TF_ATTR_TYPE' | 'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>
  >;
  executeSingleOutput(op: string, attrs: OpAttribute[], inputs: tf.Tensor[]): tf.Tensor;
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

/** oneDNN's convolution with bias is there on CPUs for which TensorFlow uses oneDNN, and in libraries built with it. */
function hasBiasConvolution(): boolean {
  return tf.tidy(() => {
    try {
      const sum = biasConvolution(tf.ones([1, 1, 1, 1]), tf.ones([1, 1, 1, 1]), tf.ones([1]), [1, 1], [1, 1], 'VALID');
      return sum.dataSync()[0] === 2;
    } catch {
      return false;
    }
  });
}

function biasConvolution(
  x: tf.Tensor,
  filter: tf.Tensor,
  bias: tf.Tensor,
  strides: readonly [number, number],
  dilations: readonly [number, number],
  padding: 'SAME' | 'VALID',
): tf.Tensor {
  const { TF_ATTR_STRING, TF_ATTR_INT, TF_ATTR_BOOL } = (tf.backend() as NativeBackend).binding;
  return execute(
    '_MklNativeConv2DWithBias',
    [x, filter, bias],
    [
      // The label under which TensorFlow registers the kernels that it exchanges for its own.
      { name: '_kernel', type: TF_ATTR_STRING, value: 'MklNameChangeOp' },
      { name: 'strides', type: TF_ATTR_INT, value: [1, ...strides, 1] },
      { name: 'dilations', type: TF_ATTR_INT, value: [1, ...dilations, 1] },
      { name: 'padding', type: TF_ATTR_STRING, value: padding },
      { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
      { name: 'use_cudnn_on_gpu', type: TF_ATTR_BOOL, value: true },
    ],
  );
}

function fusedConvolution(stock: Kernel): Kernel {
  return (inputs, attrs) => {
    const { x, filter, bias } = inputs;
    const { strides, dilations, pad, activation, dataFormat } = attrs as unknown as tf.FusedConv2DAttrs;
    const simple = pad === 'valid' || pad === 'same';
    const known = activation === 'relu' || activation === 'linear';
    if (bias?.rank !== 1 || !simple || !known || dataFormat !== 'NHWC') return stock(inputs, attrs);
    const padding = pad === 'same' ? 'SAME' : 'VALID';
    const sums = biasConvolution(x, filter, bias, pair(strides), pair(dilations), padding);
    return activation === 'relu' ? tf.relu(sums) : sums;
  };
}

function pair(value: number | [number, number]): [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** [before, after] of each dimension; null where the padding is 'same', 'valid' or one number. */
function explicitPadding(attrs: tf.NamedAttrMap): [number, number][] | null {
  const { pad } = attrs as unknown as Pick<tf.Conv2DBackpropInputAttrs, 'pad'>;
  return Array.isArray(pad) ? pad : null;
}

function backpropFilter(stock: Kernel): Kernel {
  return ({ x, dy }, attrs) => {
    const pad = explicitPadding(attrs);
    if (!pad) return stock({ x, dy }, attrs);
    return stock({ x: tf.pad(x, pad), dy }, { ...attrs, pad: 'valid' });
  };
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
