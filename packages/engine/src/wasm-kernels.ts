/**
 * The kernels that the wasm backend of TensorFlow.js lacks for training, and faster ones for those that would dominate it.
 *
 * Missing: Conv2DBackpropFilter, so that no convolution trains; the gradients of depthwise convolutions; UnsortedSegmentSum, the
 * gradient of gather.
 * Wrong: MaxPoolGrad, at borders and at stride 1; OneHot of floats, which writes the bits of integers.
 * Slow (ratios measured by tools/bench/kernels.mjs): Conv2DBackpropInput, a matMul with a transposed operand or with a
 * batch, a sum or mean over leading axes, Tile; Identity, which copies though nothing writes to a tensor. All are expressed by what is fast there, Conv2D, AvgPool and the plain 2-D
 * matMul (XNNPACK with SIMD), and by copies.
 */
import * as tf from '@tensorflow/tfjs-core';
import { replaceKernel, type Kernel } from './replace-kernel.js';
import { backpropFilter, backpropInput } from './wasm-convolution.js';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './wasm-depthwise.js';
import { batchMatMul, fusedMatMul } from './wasm-matmul.js';
import { maxPoolGrad } from './wasm-pooling.js';
import { leadingMean, leadingSum, segmentSum, tileByDoubling } from './wasm-reductions.js';

const KERNELS: Readonly<Record<string, (stock: Kernel) => Kernel>> = {
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
  Conv2DBackpropFilter: backpropFilter,
  Conv2DBackpropInput: backpropInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  Identity: sameData,
  MaxPoolGrad: maxPoolGrad,
  Mean: leadingMean,
  OneHot: oneHotOfFloats,
  Sum: leadingSum,
  Tile: tileByDoubling,
  UnsortedSegmentSum: segmentSum,
};

/** Another tensor of the same numbers, as Reshape makes it: by a count of references. */
function sameData(): Kernel {
  return ({ x }) => tf.reshape(x, x.shape);
}

/** off + (on - off) * the one-hot integers, which the stock kernel makes right. */
function oneHotOfFloats(stock: Kernel): Kernel {
  return (inputs, attrs) => {
    const { dtype, onValue = 1, offValue = 0 } = attrs as unknown as Partial<tf.OneHotAttrs>;
    if (dtype !== 'float32') return stock(inputs, attrs);
    const ones = tf.cast(stock(inputs, { ...attrs, dtype: 'int32', onValue: 1, offValue: 0 }), 'float32');
    return tf.add(tf.mul(ones, onValue - offValue), offValue);
  };
}

/** Registers the kernels for 'wasm', whose stock ones must be registered; a second call does nothing. */
export function registerWasmKernels(): void {
  if (!tf.getKernel('Conv2D', 'wasm')) {
    throw new Error("registerWasmKernels: the wasm backend is not there; import '@tensorflow/tfjs-backend-wasm' first");
  }
  for (const [kernelName, make] of Object.entries(KERNELS)) replaceKernel(kernelName, 'wasm', make);
}
