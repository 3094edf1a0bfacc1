/**
 * The gradient of max pooling on wasm, over typed arrays.
 *
 * The stock kernel loses gradients where a window is cut off by the border or overlaps at stride 1 (tfjs 4.22: 5 x 7 pooled
 * 2 x 2 by 'same', or 3 x 3 at stride 1), and is slower than this loop.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from './replace-kernel.js';

/** MaxPoolGrad: dy [N,h,w,C], input [N,H,W,C] -> [N,H,W,C]; of equal values in a window the first one gets all of dy. */
export function maxPoolGrad(): Kernel {
  return ({ dy, input }, attrs) => {
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolGradAttrs;
    const shape = input.shape as [number, number, number, number];
    const geometry = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const values = input.dataSync<'float32'>();
    const flow = dy.dataSync<'float32'>();
    const gradient = new Float32Array(values.length);
    const { inChannels: channels } = geometry;
    let position = 0; // in dy
    for (const offsets of windows(geometry)) {
      for (let channel = 0; channel < channels; channel++, position++) {
        let first = offsets[0] + channel;
        for (let tap = 1; tap < offsets.length; tap++) {
          if (values[offsets[tap] + channel] > values[first]) first = offsets[tap] + channel;
        }
        gradient[first] += flow[position];
      }
    }
    return tf.tensor(gradient, shape);
  };
}

/** The places of each window's pixels in the input, window by window in the order of the output. */
function* windows(geometry: tf.backend_util.Conv2DInfo): Generator<number[]> {
  const { batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth } = geometry;
  for (let image = 0; image < batchSize; image++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const rows = inside(outRow * geometry.strideHeight - geometry.padInfo.top, filterHeight, inHeight);
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const columns = inside(outColumn * geometry.strideWidth - geometry.padInfo.left, filterWidth, inWidth);
        yield rows.flatMap((row) =>
          columns.map((column) => ((image * inHeight + row) * inWidth + column) * inChannels),
        );
      }
    }
  }
}

/** start, start + 1, ... (count of them), those in [0, size). */
function inside(start: number, count: number, size: number): number[] {
  return Array.from({ length: count }, (_, index) => start + index).filter((place) => place >= 0 && place < size);
}
