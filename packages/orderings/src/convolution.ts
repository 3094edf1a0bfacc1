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
  /** Positions between two taps; above 1 at stride 1 alone. @defaultValue 1 */
  readonly dilation?: number;
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
  const { bias, padding, stride = 1, dilation = 1, activation = 'linear' } = options;
  if (dilation > 1) {
    return tapsApart(x, [dilation, dilation], padding ?? NOWHERE, (apart) =>
      convolve(apart, kernel, { bias, activation }),
    );
  }
  return tf.tidy(() => {
    if (bias !== undefined && tf.engine().state.gradientDepth === 0) {
      const around = padding === undefined ? 'valid' : explicit(padding);
      return tf.fused.conv2d({ x, filter: kernel, strides: stride, pad: around, bias, activation });
    }
    // Not the convolution's own padding: tfjs-node refuses that in the gradient, and oneDNN is slow at it.
    const padded = padding === undefined ? x : pad(x, padding);
    if (bias === undefined) {
      const sums = tf.conv2d(padded, kernel, stride, 'valid');
      return activation === 'relu' ? tf.relu(sums) : sums;
    }
    return convolveWithBias(padded, kernel, bias, { strides: stride, activation });
  });
}

/**
 * A dilated convolution of stride 1 as a plain one: positions of the same remainder by the dilation see one another only,
 * so each remainder becomes a map of its own. tfjs has no gradient of a dilated convolution; this one has that of its parts.
 *
 * @param dilation - positions between two taps along rows and columns
 * @param padding - zeros around x; the convolution itself pads nothing
 * @param convolution - of maps with neighbouring taps
 */
export function tapsApart(
  x: tf.Tensor4D,
  dilation: readonly [number, number],
  padding: Padding,
  convolution: (apart: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const { top, bottom, left, right } = padding;
  const [below, beside] = [fill(top + height + bottom, dilation[0]), fill(left + width + right, dilation[1])];
  return tf.tidy(() => {
    const around = [
      [top, bottom + below],
      [left, right + beside],
    ];
    const apart = tf.spaceToBatchND(x, [...dilation], around) as tf.Tensor4D;
    const crops = [
      [0, below],
      [0, beside],
    ];
    return tf.batchToSpaceND(convolution(apart), [...dilation], crops) as tf.Tensor4D;
  });
}

/** What is missing to a multiple. */
function fill(side: number, multiple: number): number {
  return (multiple - (side % multiple)) % multiple;
}

const NOWHERE: Padding = { top: 0, bottom: 0, left: 0, right: 0 };

interface FusedOptions {
  readonly strides: number;
  readonly activation: 'linear' | 'relu';
}

/** Convolution, bias and ReLU as one operation of the tape: tfjs-core's own fused one would keep the sums as well. */
function convolveWithBias(x: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor1D, options: FusedOptions): tf.Tensor4D {
  const { strides, activation } = options;
  const geometry = { strides, pad: 'valid', dataFormat: 'NHWC' };
  const { FusedConv2D, Conv2DBackpropInput, Conv2DBackpropFilter } = tf;
  const convolution = tf.customGrad((...args) => {
    const [x, filter, bias, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.GradSaveFunc];
    const attrs = { ...geometry, dilations: 1, activation };
    const value = tf.engine().runKernel<tf.Tensor>(FusedConv2D, { x, filter, bias }, attrs);
    save(activation === 'relu' ? [x, filter, value] : [x, filter]);
    const gradFunc = (dy: tf.Tensor, [x, filter, y]: tf.Tensor[]) => {
      const run = tf.engine();
      const dSums = activation === 'relu' ? reluGradient(dy, y) : dy;
      return [
        run.runKernel<tf.Tensor>(Conv2DBackpropInput, { dy: dSums, filter }, { ...geometry, inputShape: x.shape }),
        run.runKernel<tf.Tensor>(Conv2DBackpropFilter, { x, dy: dSums }, { ...geometry, filterShape: filter.shape }),
        tf.sum(dSums, [0, 1, 2]),
      ];
    };
    return { value, gradFunc };
  });
  return convolution(x, kernel, bias) as tf.Tensor4D;
}

/** dy where y > 0, by the gradient that is registered for ReLU: an engine may have one of its own. */
function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.getGradient(tf.Relu).gradFunc(dy, [y], {})['x']();
}

/** A map with zeros around it: TensorFlow's 'same' would pad one side only at stride 2. */
export function pad(x: tf.Tensor4D, padding: Padding): tf.Tensor4D {
  const around = explicit(padding);
  return around.flat().every((zeros) => zeros === 0) ? x : tf.pad(x, around);
}

/** Zeros before and after each of the four axes. */
function explicit({ top, bottom, left, right }: Padding): [[0, 0], [number, number], [number, number], [0, 0]] {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}
