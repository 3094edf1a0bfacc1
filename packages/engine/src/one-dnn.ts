/**
 * Operations of oneDNN, called by their inner names, and the kernels made of them.
 *
 * - FusedConv2D: tfjs-node convolves, then adds the bias and applies ReLU in passes of their own; oneDNN does both while it
 *   writes the result.
 * - MaxPoolGrad: given the places of the maxima, which oneDNN finds anew; TensorFlow's own takes over ten times as long.
 */
import * as tf from '@tensorflow/tfjs-core';
import { execute, nativeBackend, ofFloats, type NativeBackend, type OpAttribute } from './native-backend.js';
import type { Kernel } from './replace-kernel.js';

/** oneDNN's operations are there on CPUs for which TensorFlow uses oneDNN, and in libraries built with it. */
export function hasOneDnn(): boolean {
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

interface ConvolutionWindow {
  readonly strides: Sides;
  readonly dilations: Sides;
  readonly pad: Padding;
}

function convolutionAttributes({ strides, dilations, pad }: ConvolutionWindow): OpAttribute[] {
  const backend = nativeBackend();
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
  const { TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_TYPE, TF_FLOAT } = nativeBackend().binding;
  return execute('_MklNativeFusedConv2D', inputs, [
    ...convolutionAttributes(window),
    { name: 'num_args', type: TF_ATTR_INT, value: 1 },
    { name: 'TArgs', type: TF_ATTR_TYPE, value: [TF_FLOAT] },
    { name: 'num_host_args', type: TF_ATTR_INT, value: 0 },
    { name: 'fused_ops', type: TF_ATTR_STRING, value: ['BiasAdd', 'Relu'] },
  ]);
}

/** FusedConv2D of NHWC maps, a bias for each channel and no activation or ReLU; the stock kernel for all else. */
export function fusedConvolution(stock: Kernel): Kernel {
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

/** MaxPoolGrad, padded 'same' or not at all; the stock kernel for all else. */
export function maxPoolGradient(stock: Kernel): Kernel {
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
  const backend = nativeBackend();
  const attributes = [
    ...mapAttributes(backend, { ksize, strides }),
    ...paddingAttributes(backend, pad),
    { name: 'workspace_enabled', type: backend.binding.TF_ATTR_BOOL, value: true },
  ];
  const pool = [ofFloats(backend), ...attributes];
  const [y, places] = backend.executeMultipleOutputs('_MklNativeMaxPool', pool, [x], 2);
  return execute('_MklNativeMaxPoolGrad', [x, y, dy, places], attributes);
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

function pair(value: Sides): [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
