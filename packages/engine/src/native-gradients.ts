/**
 * Training kernels of native TensorFlow that tfjs-node leaves out or composes of many passes.
 *
 * - ReluGrad: tfjs-node makes relu's gradient of IsNan, Greater, Fill, Select, Multiply and ones uploaded from JavaScript;
 *   TensorFlow's own op is one pass.
 * - FusedConv2D: tfjs-node convolves, then adds the bias and applies ReLU in passes of their own; oneDNN does both while it
 *   writes the result.
 * - MaxPoolGrad: oneDNN's, given the places of the maxima, which it finds anew; TensorFlow's own takes over ten times as long.
 * - Sum and Mean over leading axes (bias and batch-norm gradients): the product of a row of ones with the map, which is
 *   several times faster than TensorFlow's reduction on the CPU.
 * - Conv2DBackpropFilter and Conv2DBackpropInput with explicit padding, which tfjs-node refuses though its Conv2D accepts
 *   it and TensorFlow has it.
 * - Conv2DBackpropFilter by taps on CPUs without AVX-512, where oneDNN's takes twice the time of the convolution itself.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { filterGradientByTaps } from './filter-gradient.js';
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
    if (hasOneDnn()) {
      replaceKernel('FusedConv2D', BACKEND, fusedConvolution);
      replaceKernel('MaxPoolGrad', BACKEND, maxPoolGradient);
    }
  }
  replaceKernel('Conv2DBackpropFilter', BACKEND, backpropFilter);
  replaceKernel('Conv2DBackpropInput', BACKEND, backpropInput);
}

/** A TensorFlow op of float32 tensors, called by its own name. */
function execute(op: string, inputs: tf.Tensor[], attrs: readonly OpAttribute[] = []): tf.Tensor {
  const backend = tf.backend() as NativeBackend;
  return backend.executeSingleOutput(op, [ofFloats(backend), ...attrs], inputs);
}

function ofFloats({ binding: { TF_ATTR_TYPE: type, TF_FLOAT: value } }: NativeBackend): OpAttribute {
  return { name: 'T', type, value };
}

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | string | boolean | readonly number[] | readonly string[];
}

/** The part of tfjs-node's backend that calls TensorFlow. */
interface NativeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<
    Record<'TF_ATTR_TYPE' | 'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>
  >;
  executeSingleOutput(op: string, attrs: OpAttribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(op: string, attrs: OpAttribute[], inputs: tf.Tensor[], outputs: number): tf.Tensor[];
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

/** oneDNN's operations are there on CPUs for which TensorFlow uses oneDNN, and in libraries built with it. */
function hasOneDnn(): boolean {
  return tf.tidy(() => {
    try {
      const sum = biasConvolution(trialOperands(), TRIAL_WINDOW);
      const x = tf.ones([1, 1, 1, 1]);
      const slope = maxPoolSlope(x, x, { filterSize: 1, strides: 1, pad: 'valid' });
      return sum.dataSync()[0] === -1 && slope.dataSync()[0] === 1;
    } catch {
      return false;
    }
  });
}

/** Attributes that oneDNN's operations on maps have in common. */
function mapAttributes(backend: NativeBackend, windows: Readonly<Record<string, Sides>>): OpAttribute[] {
  const { TF_ATTR_STRING, TF_ATTR_INT } = backend.binding;
  return [
    // The label under which TensorFlow registers the kernels that it exchanges for its own.
    { name: '_kernel', type: TF_ATTR_STRING, value: 'MklNameChangeOp' },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    ...Object.entries(windows).map(([name, sides]) => ({ name, type: TF_ATTR_INT, value: [1, ...pair(sides), 1] })),
  ];
}

/** Of rows and columns, or of both. */
type Sides = number | [number, number];

type Padding = 'same' | 'valid' | [number, number][];

function paddingAttributes({ binding }: NativeBackend, pad: Padding): OpAttribute[] {
  const padding = { name: 'padding', type: binding.TF_ATTR_STRING };
  if (!Array.isArray(pad)) return [{ ...padding, value: pad.toUpperCase() }];
  return [
    { ...padding, value: 'EXPLICIT' },
    { name: 'explicit_paddings', type: binding.TF_ATTR_INT, value: pad.flat() },
  ];
}

interface ConvolutionWindow {
  readonly strides: Sides;
  readonly dilations: Sides;
  readonly pad: Padding;
}

function convolutionAttributes({ strides, dilations, pad }: ConvolutionWindow): OpAttribute[] {
  const backend = tf.backend() as NativeBackend;
  return [
    ...mapAttributes(backend, { strides, dilations }),
    ...paddingAttributes(backend, pad),
    { name: 'use_cudnn_on_gpu', type: backend.binding.TF_ATTR_BOOL, value: true },
  ];
}

/** [x, filter, bias] -> convolution + bias. */
function biasConvolution(inputs: tf.Tensor[], window: ConvolutionWindow): tf.Tensor {
  return execute('_MklNativeConv2DWithBias', inputs, convolutionAttributes(window));
}

/** [x, filter, bias] -> relu(convolution + bias); throws on an addon that cannot pass lists of strings and types. */
function reluConvolution(inputs: tf.Tensor[], window: ConvolutionWindow): tf.Tensor {
  const { TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_TYPE, TF_FLOAT } = (tf.backend() as NativeBackend).binding;
  return execute('_MklNativeFusedConv2D', inputs, [
    ...convolutionAttributes(window),
    { name: 'num_args', type: TF_ATTR_INT, value: 1 },
    { name: 'TArgs', type: TF_ATTR_TYPE, value: [TF_FLOAT] },
    { name: 'num_host_args', type: TF_ATTR_INT, value: 0 },
    { name: 'fused_ops', type: TF_ATTR_STRING, value: ['BiasAdd', 'Relu'] },
  ]);
}

function fusedConvolution(stock: Kernel): Kernel {
  const reluIsFused = fusesRelu();
  return (inputs, attrs) => {
    const { x, filter, bias } = inputs;
    const { strides, dilations, pad, activation, dataFormat } = attrs as unknown as tf.FusedConv2DAttrs;
    const known = activation === 'relu' || activation === 'linear';
    if (bias?.rank !== 1 || typeof pad === 'number' || !known || dataFormat !== 'NHWC') return stock(inputs, attrs);
    const [operands, window] = [[x, filter, bias], { strides, dilations, pad }];
    if (activation === 'linear') return biasConvolution(operands, window);
    return reluIsFused ? reluConvolution(operands, window) : tf.relu(biasConvolution(operands, window));
  };
}

/** A convolution, of one position and weight, of 1 by -2 with bias 1: -1. */
const TRIAL_WINDOW = { strides: 1, dilations: 1, pad: 'valid' } as const;

function trialOperands(): tf.Tensor[] {
  return [tf.ones([1, 1, 1, 1]), tf.tensor4d([-2], [1, 1, 1, 1]), tf.ones([1])];
}

/** An addon that came with tfjs-node, or was compiled before addon-source.ts knew lists, cannot. */
function fusesRelu(): boolean {
  return tf.tidy(() => {
    try {
      return reluConvolution(trialOperands(), TRIAL_WINDOW).dataSync()[0] === 0;
    } catch {
      return false;
    }
  });
}

function maxPoolGradient(stock: Kernel): Kernel {
  return (inputs, attrs) => {
    const { filterSize, strides, pad } = attrs as unknown as tf.MaxPoolGradAttrs;
    if (pad !== 'same' && pad !== 'valid') return stock(inputs, attrs);
    return maxPoolSlope(inputs['input'], inputs['dy'], { filterSize, strides, pad });
  };
}

function maxPoolSlope(
  x: tf.Tensor,
  dy: tf.Tensor,
  { filterSize: ksize, strides, pad }: Pick<tf.MaxPoolGradAttrs, 'filterSize' | 'strides'> & { readonly pad: Padding },
): tf.Tensor {
  const backend = tf.backend() as NativeBackend;
  const attributes = [
    ...mapAttributes(backend, { ksize, strides }),
    ...paddingAttributes(backend, pad),
    { name: 'workspace_enabled', type: backend.binding.TF_ATTR_BOOL, value: true },
  ];
  const pool = [ofFloats(backend), ...attributes];
  const [y, places] = backend.executeMultipleOutputs('_MklNativeMaxPool', pool, [x], 2);
  return execute('_MklNativeMaxPoolGrad', [x, y, dy, places], attributes);
}

function pair(value: Sides): [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** [before, after] of each dimension; null where the padding is 'same', 'valid' or one number. */
function explicitPadding(attrs: tf.NamedAttrMap): [number, number][] | null {
  const { pad } = attrs as unknown as Pick<tf.Conv2DBackpropInputAttrs, 'pad'>;
  return Array.isArray(pad) ? pad : null;
}

function backpropFilter(stock: Kernel): Kernel {
  const byTaps = !(tf.backend() as NativeBackend).isUsingGpuDevice && hasX64WithoutAvx512();
  return ({ x, dy }, attrs) => {
    const pad = explicitPadding(attrs);
    const [filterHeight, filterWidth] = attrs['filterShape'] as number[];
    const padded = pad ? tf.pad(x, pad) : x;
    // So many outputs has a convolution of stride 1, undilated, without padding.
    const dense =
      dy.shape[1] === padded.shape[1]! - filterHeight + 1 && dy.shape[2] === padded.shape[2]! - filterWidth + 1;
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
