/**
 * Convolution with explicit padding, bias and ReLU: what the masked convolution and the layers are made of.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface ConvolutionOptions {
  /** [D] @defaultValue none */
  readonly bias?: tf.Tensor1D;
  /** Rows and columns of zeros around the input. @defaultValue none */
  readonly padding?: Padding;
  /** @defaultValue 1 */
  readonly stride?: number;
  /** @defaultValue 'linear' */
  readonly activation?: 'linear' | 'relu';
}

export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * activation(convolution(pad(x), kernel) + bias).
 *
 * @param x - [N, H, W, C]
 * @param kernel - [kh, kw, C, D]
 * @returns [N, (H + top + bottom - kh) / stride + 1, (W + left + right - kw) / stride + 1, D], quotients rounded down
 */
export function convolve(x: tf.Tensor4D, kernel: tf.Tensor4D, options: ConvolutionOptions = {}): tf.Tensor4D {
  const { bias, padding, stride = 1, activation = 'linear' } = options;
  return tf.tidy(() => {
    // Not conv2d's own explicit padding: tfjs-node refuses that in the gradient.
    const padded = padding === undefined ? x : pad(x, padding);
    // One kernel in inference; where gradients are recorded, conv2d, add and relu.
    if (activation === 'relu') {
      return tf.fused.conv2d({ x: padded, filter: kernel, strides: stride, pad: 'valid', bias, activation });
    }
    const sums = tf.conv2d(padded, kernel, stride, 'valid');
    return bias === undefined ? sums : tf.add(sums, bias);
  });
}

/** A map with zeros around it: TensorFlow's 'same' would pad one side only at stride 2. */
export function pad(x: tf.Tensor4D, { top, bottom, left, right }: Padding): tf.Tensor4D {
  if (top + bottom + left + right === 0) return x;
  return tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}
