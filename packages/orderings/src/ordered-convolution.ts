/**
 * A user's convolution layer, run with its own weights and each tap on the future masked.
 *
 * Where the mask is the same at all positions (raster scans, whatever stride, dilation and padding), the kernel is masked and one
 * convolution runs. Elsewhere each position has a mask of its own [1], computed at stride 1 and then sampled.
 *
 * [1] Jain, Abbeel, Pathak. Locally Masked Convolution for Autoregressive Models. UAI 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { tapsApart, type Padding } from './convolution.js';
import { locallyMaskedConv2d } from './locally-masked-conv2d.js';
import { slidingWindow, type SlidingWindow } from './sliding-window.js';
import { DEPTHWISE_PRODUCT, FULL_PRODUCT } from './tap-product.js';
import { atCenters, type TurnMap } from './turn-map.js';

/** A map, and what its positions may know. */
export interface OrderedMap {
  readonly tensor: tf.Tensor4D;
  readonly turnMap: TurnMap;
}

interface Weight {
  read(): tf.Tensor;
}

/** What Conv2D, DepthwiseConv2D and SeparableConv2D of tfjs-layers hold; their types keep it private. */
export interface ConvolutionLayer {
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: 'same' | 'valid';
  readonly dataFormat: string;
  readonly dilationRate: number | readonly [number, number];
  readonly kernel: Weight;
  readonly depthwiseKernel?: Weight;
  readonly pointwiseKernel?: Weight;
  readonly bias?: Weight | null;
  readonly activation?: { apply(x: tf.Tensor): tf.Tensor } | null;
}

/** The layer's output under the mask, and what its positions may know: as much as the centres of their windows. */
export function orderedConvolution(source: layers.Layer, { tensor, turnMap }: OrderedMap): OrderedMap {
  const layer = source as unknown as ConvolutionLayer;
  const window = windowOf(layer, turnMap);
  const output = tf.tidy(() => {
    const depthwise = layer.depthwiseKernel !== undefined;
    const kernel = (layer.depthwiseKernel ?? layer.kernel).read() as tf.Tensor4D;
    let sums = maskedSums(tensor, kernel, turnMap, { layer, window, depthwise });
    if (layer.pointwiseKernel !== undefined) {
      sums = tf.conv2d(sums, layer.pointwiseKernel.read() as tf.Tensor4D, 1, 'valid');
    }
    const shifted = layer.bias ? tf.add(sums, layer.bias.read()) : sums;
    return layer.activation ? layer.activation.apply(shifted) : shifted;
  });
  return { tensor: output as tf.Tensor4D, turnMap: atCenters(turnMap, window) };
}

/** Rows and columns between two taps. */
export function dilationOf({ dilationRate }: ConvolutionLayer): readonly [number, number] {
  return typeof dilationRate === 'number' ? [dilationRate, dilationRate] : dilationRate;
}

function windowOf(layer: ConvolutionLayer, { height, width }: TurnMap): SlidingWindow {
  const { kernelSize, strides: stride, padding } = layer;
  const dilation = dilationOf(layer);
  const kernel = [(kernelSize[0] - 1) * dilation[0] + 1, (kernelSize[1] - 1) * dilation[1] + 1] as const;
  return slidingWindow(height, width, { kernel, stride, padding });
}

interface Pass {
  readonly layer: ConvolutionLayer;
  readonly window: SlidingWindow;
  readonly depthwise: boolean;
}

function maskedSums(x: tf.Tensor4D, kernel: tf.Tensor4D, turnMap: TurnMap, pass: Pass): tf.Tensor4D {
  const { layer, window, depthwise } = pass;
  const dilation = dilationOf(layer);
  const shared = sharedMask(turnMap, pass);
  if (shared !== undefined) {
    const [tall, wide] = layer.kernelSize;
    const masked = shared.includes(0) ? tf.mul(kernel, tf.tensor4d(shared, [tall, wide, 1, 1], 'float32')) : kernel;
    const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
    const sums = (map: tf.Tensor4D, padding: 'same' | 'valid') =>
      convolve(map, masked as tf.Tensor4D, [...window.stride], padding);
    if (dilation[0] === 1 && dilation[1] === 1) return sums(x, layer.padding);
    return tapsApart(x, dilation, paddingOf(turnMap, window), (apart) => sums(apart, 'valid'));
  }
  const product = depthwise ? DEPTHWISE_PRODUCT : FULL_PRODUCT;
  const everywhere = locallyMaskedConv2d(x, kernel, turnMap.turns, { includeCenter: true, dilation, product });
  return sampled(everywhere, window);
}

/** The zeros that the first and the last windows of stride 1 reach. */
function paddingOf({ height, width }: TurnMap, { kernel, origin, outputHeight, outputWidth }: SlidingWindow): Padding {
  const [top, left] = [-origin[0], -origin[1]];
  const bottom = outputHeight - 1 + kernel[0] - height - top;
  return { top, bottom, left, right: outputWidth - 1 + kernel[1] - width - left };
}

/** The taps' mask where all windows have the same one, what lies outside of the map or in padding counting as either. */
function sharedMask(map: TurnMap, { layer, window }: Pass): number[] | undefined {
  const { outputHeight, outputWidth, origin, center, stride } = window;
  const [tall, wide] = layer.kernelSize;
  const [down, along] = dilationOf(layer);
  const { height, width, turns } = map;
  const mask: number[] = [];
  for (let tap = 0; tap < tall * wide; tap++) {
    let seen: boolean | undefined;
    for (let output = 0; output < outputHeight * outputWidth; output++) {
      const [top, left] = [Math.floor(output / outputWidth) * stride[0], (output % outputWidth) * stride[1]];
      const row = top + origin[0] + Math.floor(tap / wide) * down;
      const column = left + origin[1] + (tap % wide) * along;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const turn = turns[row * width + column];
      if (turn < 0) continue;
      const sees = turn <= turns[(top + center[0]) * width + left + center[1]];
      if (seen !== undefined && sees !== seen) return undefined;
      seen = sees;
    }
    mask.push(seen === true ? 1 : 0);
  }
  return mask;
}

/** The positions at the windows' centres. */
function sampled(map: tf.Tensor4D, { center, stride, outputHeight, outputWidth }: SlidingWindow): tf.Tensor4D {
  const [maps, height, width, channels] = map.shape;
  if (height === outputHeight && width === outputWidth) return map;
  const [tall, wide] = [(outputHeight - 1) * stride[0] + 1, (outputWidth - 1) * stride[1] + 1];
  const first = tf.slice(map, [0, center[0], center[1], 0], [maps, tall, wide, channels]);
  // A pool of one position is a sample, with a gradient on every engine.
  return tf.avgPool(first, 1, [...stride], 'valid');
}
