/**
 * Training kernels of native TensorFlow that tfjs-node leaves out or composes of many passes.
 *
 * - ReluGrad: tfjs-node makes relu's gradient of IsNan, Greater, Fill, Select, Multiply and ones uploaded from JavaScript;
 *   TensorFlow's own op is one pass.
 * - Conv2DBackpropFilter and Conv2DBackpropInput with explicit padding, which tfjs-node refuses though its Conv2D accepts
 *   it and TensorFlow has it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { RELU_GRAD } from './lean-gradients.js';
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
  replaceKernel('Conv2DBackpropFilter', BACKEND, backpropFilter);
  replaceKernel('Conv2DBackpropInput', BACKEND, backpropInput);
}

/** A TensorFlow op of float32 tensors, called by its own name. */
function execute(op: string, inputs: tf.Tensor[]): tf.Tensor {
  const backend = tf.backend() as NativeBackend;
  const { TF_ATTR_TYPE: type, TF_FLOAT: value } = backend.binding;
  return backend.executeSingleOutput(op, [{ name: 'T', type, value }], inputs);
}

/** The part of tfjs-node's backend that calls TensorFlow. */
interface NativeBackend extends tf.KernelBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(
    op: string,
    attrs: { name: string; type: number; value: number }[],
    inputs: tf.Tensor[],
  ): tf.Tensor;
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
