/**
 * The convolution that a mask leaves, over the taps that are used and no others, where the engine has kernels for it.
 *
 * `@autoregseg/engine` brings them to native TensorFlow. A masked kernel, of which the rest is zeros, says the same: four of nine
 * products are by zero under a centered 3x3 mask, one of nine under a shifted one.
 */
import * as tf from '@tensorflow/tfjs-core';
import { hasEngineKernel } from './engine-kernels.js';
import type { KernelMask } from './kernel-mask.js';

const [TAP_CONVOLUTION, TAP_FILTER_GRAD] = ['TapConvolution', 'TapFilterGrad'];

/** Whether the engine has the kernels, and they take a filter of this shape, [kh, kw, C, D]. */
export function hasTapKernels([, , channels, filters]: readonly number[]): boolean {
  return hasEngineKernel(TAP_CONVOLUTION, channels, filters);
}

/**
 * y[n, r, c] = sum over the mask's taps t of x[n, r + row(t), c + column(t)] filter[t],   x = 0 outside the map
 *
 * @param x - [N, H, W, C]
 * @param filter - [kh, kw, C, D]
 * @returns [N, H, W, D]; differentiable in both
 */
export function tapConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { taps: used, origin }: KernelMask,
  dilation: number,
): tf.Tensor4D {
  const [, width] = filter.shape;
  const taps = [...used.keys()]
    .filter((tap) => used[tap] === 1)
    .flatMap((tap) => [tap, dilation * (origin[0] + Math.floor(tap / width)), dilation * (origin[1] + (tap % width))]);
  const convolution = tf.customGrad((...args) => {
    const [x, filter, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    const run = tf.engine();
    const value = run.runKernel<tf.Tensor>(TAP_CONVOLUTION, { x, filter }, { taps, transposed: false });
    save([x, filter]);
    const gradFunc = (dy: tf.Tensor, [x, filter]: tf.Tensor[]) => [
      run.runKernel<tf.Tensor>(TAP_CONVOLUTION, { x: dy, filter }, { taps, transposed: true }),
      run.runKernel<tf.Tensor>(TAP_FILTER_GRAD, { x, dy }, { taps, filterShape: filter.shape }),
    ];
    return { value, gradFunc };
  });
  return convolution(x, filter) as tf.Tensor4D;
}
