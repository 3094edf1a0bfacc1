/**
 * The two gradients of a depthwise convolution (NHWC) on wasm, whose backend has none.
 *
 * Filter: tap by tap, the sum over all positions of what the tap saw times dy. Input: dy, spread by zeros to stride 1,
 * convolved with the filter turned by 180 degrees, each of its M outputs a channel by itself; the M slopes of a channel add up.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from './replace-kernel.js';
import { margins, spreadOverInput, turnedBy180, type Shape4D } from './wasm-convolution.js';

/** DepthwiseConv2dNativeBackpropFilter: x [N,H,W,C], dy [N,h,w,C*M] -> [filterHeight, filterWidth, C, M]. */
export function depthwiseBackpropFilter(): Kernel {
  return ({ x, dy }, attrs) => {
    const { filterShape, filterHeight, filterWidth, outHeight, outWidth, ...geometry } = geometryOf(
      x.shape,
      attrs['filterShape'] as number[],
      attrs,
    );
    const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = geometry;
    const { top, bottom, left, right } = padInfo;
    const padded = tf.pad(x as tf.Tensor4D, margins(top, bottom, left, right));
    const [count, , , channels] = x.shape;
    const [, , , multiplier] = attrs['filterShape'] as number[];
    const slopes = tf.reshape(dy, [count * outHeight * outWidth, channels, multiplier]);
    const tap = (row: number, column: number) => {
      const [down, across] = [row * dilationHeight, column * dilationWidth];
      const end = [
        count,
        down + (outHeight - 1) * strideHeight + 1,
        across + (outWidth - 1) * strideWidth + 1,
        channels,
      ];
      const seen = tf.stridedSlice(padded, [0, down, across, 0], end, [1, strideHeight, strideWidth, 1]);
      return tf.sum(tf.mul(tf.reshape(seen, [-1, channels, 1]), slopes), 0); // [C, M]
    };
    const taps = Array.from({ length: filterHeight * filterWidth }, (_, at) =>
      tap(Math.floor(at / filterWidth), at % filterWidth),
    );
    return tf.reshape(tf.stack(taps), filterShape);
  };
}

/** DepthwiseConv2dNativeBackpropInput: dy [N,h,w,C*M], filter [filterHeight, filterWidth, C, M] -> [N,H,W,C]. */
export function depthwiseBackpropInput(): Kernel {
  return ({ dy, filter }, attrs) => {
    const geometry = geometryOf(attrs['inputShape'] as number[], filter.shape, attrs);
    const { inShape, inHeight, inWidth, filterHeight, filterWidth, dilationHeight, dilationWidth } = geometry;
    const [, , channels, multiplier] = filter.shape;
    const { spread, around, first } = spreadOverInput(dy as tf.Tensor4D, geometry);
    const turned = tf.reshape(turnedBy180(filter), [filterHeight, filterWidth, channels * multiplier, 1]);
    const dilations: [number, number] = [dilationHeight, dilationWidth];
    const each = tf.depthwiseConv2d(tf.pad(spread, around), turned as tf.Tensor4D, 1, 'valid', 'NHWC', dilations);
    const slopes = tf.slice(each, first, [inShape[0], inHeight, inWidth, channels * multiplier]);
    return multiplier === 1 ? slopes : tf.sum(tf.reshape(slopes, [...inShape, multiplier]), 4);
  };
}

function geometryOf(inShape: number[], filterShape: number[], attrs: tf.NamedAttrMap) {
  const { strides, dilations, pad, dimRoundingMode } = attrs as unknown as tf.DepthwiseConv2dNativeBackpropInputAttrs;
  return tf.backend_util.computeConv2DInfo(
    inShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
}
