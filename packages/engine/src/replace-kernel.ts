/** The exchange of one kernel of a TensorFlow.js backend for another that may build on it, and its leaving out where it would change nothing. */
import * as tf from '@tensorflow/tfjs-core';

/** What a kernel is given: tensors by name and attributes. */
export type Kernel<Output extends tf.Tensor | tf.Tensor[] = tf.Tensor> = (
  inputs: tf.NamedTensorMap,
  attrs: tf.NamedAttrMap,
) => Output;

const REPLACED = Symbol.for('autoregseg.kernel');

/**
 * Registers a kernel, over the one that is there; does nothing when that is one of ours already.
 *
 * The kernel runs inside tidy, and may call tfjs operations: within a kernel none is put on the tape.
 *
 * @param make - is given the kernel that was there, to fall back to; calling it where there was none throws
 */
export function replaceKernel(
  kernelName: string,
  backendName: string,
  make: (stock: Kernel) => Kernel<tf.Tensor | tf.Tensor[]>,
): void {
  const stock = tf.getKernel(kernelName, backendName);
  if (stock && REPLACED in stock) return;
  const runStock: Kernel = (inputs, attrs) => {
    if (!stock) throw new Error(`${kernelName}: the ${backendName} backend of TensorFlow.js has no kernel of its own`);
    const output = stock.kernelFunc({ inputs, attrs, backend: tf.backend() }) as tf.TensorInfo;
    return output instanceof tf.Tensor ? output : tf.engine().makeTensorFromTensorInfo(output);
  };
  const kernel = make(runStock);
  if (stock) tf.unregisterKernel(kernelName, backendName);
  // The stock set-up and clean-up stay: the stock kernel is still called.
  const config = {
    ...stock,
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }: Parameters<tf.KernelFunc>[0]) =>
      tf.tidy(() => kernel(inputs as tf.NamedTensorMap, attrs ?? {})),
    [REPLACED]: true,
  };
  tf.registerKernel(config);
}

/**
 * Has a kernel of one input `x` give back `x` itself wherever it would change nothing.
 *
 * @param changesNothing - told from the input's shape and type and the kernel's attributes
 */
export function skipKernel(
  kernelName: string,
  backendName: string,
  changesNothing: (x: tf.TensorInfo, attrs: tf.NamedAttrMap) => boolean,
): void {
  const stock = tf.getKernel(kernelName, backendName);
  const identity = tf.getKernel(tf.Identity, backendName);
  if (!stock || !identity || REPLACED in stock) return;
  tf.unregisterKernel(kernelName, backendName);
  // Called hundreds of times a step: no tidy around it, as around the kernels above, which would take longer than some calls.
  const kernelFunc: tf.KernelFunc = (call) =>
    (changesNothing(call.inputs['x'] as tf.TensorInfo, call.attrs ?? {}) ? identity : stock).kernelFunc(call);
  const config = { ...stock, kernelFunc, [REPLACED]: true };
  tf.registerKernel(config);
}
