/**
 * The two gradients of a 2-D convolution (NHWC), each by operations that XNNPACK runs fast on wasm.
 *
 * Filter: of stride 1 products of matrices (filter-gradient.ts); else, with batch and channels exchanged, dW = x * dy where dy is
 * the (large) kernel and the stride of the forward convolution is its dilation; the output has the size of the filter.
 * Input: dx = dy, spread by zeros to stride 1, convolved with the filter turned by 180 degrees, its channels exchanged.
 */
import * as tf from '@tensorflow/tfjs-core';
import { filterGradientByRows } from './filter-gradient.js';
import type { Kernel } from './replace-kernel.js';

export type Shape4D = [number, number, number, number];

/** Conv2DBackpropFilter: x [N,H,W,C], dy [N,h,w,K] -> [filterHeight, filterWidth, C, K]. */
export function backpropFilter(): Kernel {
  return ({ x, dy }, attrs) => {
    const geometry = geometryOf('Conv2DBackpropFilter', x.shape, attrs['filterShape'] as number[], attrs);
    const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = geometry;
    if (isPointwise(geometry)) {
      const seen = tf.reshape<tf.Rank.R2>(x, [-1, geometry.inChannels]);
      const slopes = tf.reshape<tf.Rank.R2>(dy, [-1, geometry.outChannels]);
      return tf.reshape(tf.matMul(seen, slopes, true), geometry.filterShape);
    }
    if (strideHeight * strideWidth === 1) {
      const { top, bottom, left, right } = padInfo;
      return filterGradientByRows(tf.pad(x as tf.Tensor4D, margins(top, bottom, left, right)), dy as tf.Tensor4D);
    }
    const images = tf.transpose(x, [3, 1, 2, 0]); // [C, H, W, N]
    const kernel = tf.transpose(dy, [1, 2, 0, 3]); // [h, w, N, K]
    // Rows that no stride reaches are cut off after the convolution (a negative margin at the bottom).
    const bottom = (geometry.outHeight - 1) * strideHeight + filterHeight - geometry.inHeight - padInfo.top;
    const right = (geometry.outWidth - 1) * strideWidth + filterWidth - geometry.inWidth - padInfo.left;
    const taps = convolve(images, kernel, margins(padInfo.top, bottom, padInfo.left, right), [
      strideHeight,
      strideWidth,
    ]);
    const cut = tf.slice(taps, [0, 0, 0, 0], [geometry.inChannels, filterHeight, filterWidth, geometry.outChannels]);
    return tf.transpose(cut, [1, 2, 0, 3]); // [filterHeight, filterWidth, C, K]
  };
}

/** Conv2DBackpropInput: dy [N,h,w,K], filter [filterHeight, filterWidth, C, K] -> [N,H,W,C]. */
export function backpropInput(): Kernel {
  return ({ dy, filter }, attrs) => {
    const geometry = geometryOf('Conv2DBackpropInput', attrs['inputShape'] as number[], filter.shape, attrs);
    const { spread, around, first } = spreadOverInput(dy as tf.Tensor4D, geometry);
    const turned = tf.transpose(turnedBy180(filter), [0, 1, 3, 2]); // [filterHeight, filterWidth, K, C]
    return tf.slice(convolve(spread, turned, around, [1, 1]), first, geometry.inShape);
  };
}

/**
 * dy as the turned filter passes over it to give the slope of each input: spread by zeros to stride 1, with the margins that it
 * needs around it, and where in the result the first input lies.
 */
export function spreadOverInput(dy: tf.Tensor4D, geometry: tf.backend_util.Conv2DInfo) {
  const { inHeight, inWidth, filterHeight, filterWidth, dilationHeight, dilationWidth, padInfo } = geometry;
  const spread = spreadByZeros(dy, geometry.strideHeight, geometry.strideWidth);
  const top = (filterHeight - 1) * dilationHeight - padInfo.top;
  const left = (filterWidth - 1) * dilationWidth - padInfo.left;
  const bottom = inHeight - spread.shape[1] + padInfo.top;
  const right = inWidth - spread.shape[2] + padInfo.left;
  // A margin wider than the filter has outputs that saw margin only: cut where the margin here is negative.
  const first: Shape4D = [0, Math.max(0, -top), Math.max(0, -left), 0];
  return { spread, around: margins(top, bottom, left, right), first };
}

function geometryOf(kernel: string, inShape: number[], filterShape: number[], attrs: tf.NamedAttrMap) {
  const { strides, pad, dimRoundingMode, dataFormat } = attrs as unknown as ConvolutionAttrs;
  if (dataFormat !== undefined && dataFormat !== 'NHWC') {
    throw new Error(`${kernel}: the wasm engine computes NHWC only, got '${dataFormat}'; transpose to [N,H,W,C]`);
  }
  return tf.backend_util.computeConv2DInfo(
    inShape as Shape4D,
    filterShape as Shape4D,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

/** Each output is made of the one position above it. */
function isPointwise({ filterHeight, filterWidth, strideHeight, strideWidth, padInfo }: tf.backend_util.Conv2DInfo) {
  const { top, bottom, left, right } = padInfo;
  return filterHeight * filterWidth * strideHeight * strideWidth === 1 && top + bottom + left + right === 0;
}

type ConvolutionAttrs = Pick<tf.Conv2DBackpropInputAttrs, 'strides' | 'pad' | 'dimRoundingMode' | 'dataFormat'>;

type Margins = [[number, number], [number, number], [number, number], [number, number]];

/** Padding on the four sides of a map; what is negative is left to a later cut. */
export function margins(top: number, bottom: number, left: number, right: number): Margins {
  return [
    [0, 0],
    [Math.max(0, top), Math.max(0, bottom)],
    [Math.max(0, left), Math.max(0, right)],
    [0, 0],
  ];
}

function convolve(x: tf.Tensor, filter: tf.Tensor, pad: Margins, dilations: [number, number]): tf.Tensor4D {
  return tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad, 'NHWC', dilations);
}

/** The taps of a filter [filterHeight, filterWidth, C, K] last to first; tf.reverse and tf.gather move number by number on wasm. */
export function turnedBy180(filter: tf.Tensor): tf.Tensor {
  const [rows, columns] = filter.shape;
  const taps = tf.split(tf.reshape(filter, [rows * columns, -1]), rows * columns);
  return tf.reshape(tf.concat(taps.reverse()), filter.shape);
}

/** [N,h,w,K] -> [N, (h-1)*rows + 1, (w-1)*columns + 1, K], zeros between the values. */
function spreadByZeros(dy: tf.Tensor4D, rows: number, columns: number): tf.Tensor4D {
  if (rows === 1 && columns === 1) return dy;
  const [n, h, w, k] = dy.shape;
  const cells = tf.reshape(dy, [n * h, 1, w, k]);
  const rowwise = tf.reshape(tf.pad(cells, [[0, 0], [0, rows - 1], [0, 0], [0, 0]]), [n * h * rows * w, 1, k]); // prettier-ignore
  const both = tf.reshape(tf.pad(rowwise, [[0, 0], [0, columns - 1], [0, 0]]), [n, h * rows, w * columns, k]); // prettier-ignore
  return tf.slice(both as tf.Tensor4D, [0, 0, 0, 0], [n, (h - 1) * rows + 1, (w - 1) * columns + 1, k]);
}
