/**
 * A sub-block of the residual block, value and gradient, by one kernel each where the engine has them.
 *
 *   inner = relu(x F1 + b1), or relu(x + b1) of a map that has been convolved already
 *   outer = relu(inner F2 + b2)
 *   y     = skip, widened by channels of zeros, + outer
 *
 * `@autoregseg/engine` brings the kernels to native TensorFlow: its own operations pass over the maps for
 * each convolution, bias, ReLU and sum.
 */
import * as tf from '@tensorflow/tfjs-core';
import { hasEngineKernel } from './engine-kernels.js';

const [SUB_BLOCK, SUB_BLOCK_GRAD] = ['ResidualSubBlock', 'ResidualSubBlockGrad'];

/** Whether the engine has the kernels, and they take these numbers of channels. */
export function hasSubBlockKernels(...channels: number[]): boolean {
  return hasEngineKernel(SUB_BLOCK, ...channels);
}

export interface SubBlockWeights {
  /** [1, 1, C, D]; none where x has been convolved already, without its bias. */
  readonly firstFilter?: tf.Tensor4D;
  /** [D] */
  readonly firstBias: tf.Tensor1D;
  /** [1, 1, D, D] */
  readonly secondFilter: tf.Tensor4D;
  /** [D] */
  readonly secondBias: tf.Tensor1D;
}

/**
 * @param x - [N, H, W, C], and the skip itself where there is a first filter; else [N, H, W, D]
 * @param skip - [N, H, W, up to D]
 * @returns [N, H, W, D]; differentiable in all of them
 */
export function fusedSubBlock(x: tf.Tensor4D, skip: tf.Tensor4D, weights: SubBlockWeights): tf.Tensor4D {
  const { firstFilter, firstBias, secondFilter, secondBias } = weights;
  if (tf.engine().state.gradientDepth === 0) return run({ x, skip, ...weights }, false)[0];
  if (firstFilter === undefined) return ofConvolved(x, skip, firstBias, secondBias, secondFilter) as tf.Tensor4D;
  return ofInput(x, firstBias, secondBias, firstFilter, secondFilter) as tf.Tensor4D;
}

const ofConvolved = tf.customGrad((...args) => {
  const [x, skip, firstBias, secondBias, secondFilter, save] = args as [...Operands, tf.GradSaveFunc];
  const [value, inner, reached] = run({ x, skip, firstBias, secondBias, secondFilter }, true);
  save([inner, reached, secondFilter]);
  const { shape } = skip;
  const gradFunc = (dy: tf.Tensor, [inner, reached, secondFilter]: tf.Tensor[]) => {
    const [dx, ...slopes] = slopesOf({ dy, reached, inner, secondFilter });
    return [dx, tf.slice(dy, [0, 0, 0, 0], shape), ...slopes];
  };
  return { value, gradFunc };
});

const ofInput = tf.customGrad((...args) => {
  const [x, firstBias, secondBias, firstFilter, secondFilter, save] = args as [...Operands, tf.GradSaveFunc];
  const [value, inner, reached] = run({ x, skip: x, firstBias, secondBias, firstFilter, secondFilter }, true);
  save([inner, reached, x, firstFilter, secondFilter]);
  const gradFunc = (dy: tf.Tensor, [inner, reached, x, firstFilter, secondFilter]: tf.Tensor[]) =>
    slopesOf({ dy, reached, x, inner, firstFilter, secondFilter });
  return { value, gradFunc };
});

type Operands = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];

function run(inputs: tf.NamedTensorMap, keep: boolean): [y: tf.Tensor4D, inner: tf.Tensor, reached: tf.Tensor] {
  return tf.engine().runKernel(SUB_BLOCK, inputs, { keep }) as unknown as [tf.Tensor4D, tf.Tensor, tf.Tensor];
}

/** Of x and the weights, in the order of the operands. */
function slopesOf(inputs: tf.NamedTensorMap): tf.Tensor[] {
  return tf.engine().runKernel(SUB_BLOCK_GRAD, inputs);
}
