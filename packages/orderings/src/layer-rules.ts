/**
 * What each kind of layer does to what positions may know; a kind that is not here cannot be ordered.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { dilationOf, orderedConvolution, type ConvolutionLayer, type OrderedMap } from './ordered-convolution.js';
import { slidingWindow } from './sliding-window.js';
import { latestOf, overWindows, repeated, resized } from './turn-map.js';

/** Runs a layer on maps. Null stands for an output that is no map any more. */
export type LayerRule = (layer: layers.Layer, inputs: readonly OrderedMap[], training: boolean) => OrderedMap | null;

/** Layers that take each position by itself, and those that join maps position by position. */
// prettier-ignore
const POINTWISE = [
  'Activation', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax', 'Rescaling', 'Dense',
  'Dropout', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'BatchNormalization', 'LayerNormalization',
  'Add', 'Average', 'Concatenate', 'Maximum', 'Minimum', 'Multiply',
];
const CONVOLUTIONS = ['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D'];
const POOLS = ['MaxPooling2D', 'AveragePooling2D'];
const ENDS = ['Flatten', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D'];

const RULES: ReadonlyMap<string, LayerRule> = new Map<string, LayerRule>([
  ...POINTWISE.map((kind) => [kind, positionByPosition] as const),
  ...CONVOLUTIONS.map((kind) => [kind, convolution] as const),
  ...POOLS.map((kind) => [kind, pool] as const),
  ...ENDS.map((kind) => [kind, () => null] as const),
  ['UpSampling2D', upsampling],
  ['ZeroPadding2D', zeroPadding],
  ['Cropping2D', cropping],
]);

/** The rule of a layer, or why there is none. */
export function ruleOf(layer: layers.Layer): { readonly rule: LayerRule } | { readonly fault: string } {
  const kind = layer.getClassName();
  const rule = RULES.get(kind);
  if (rule === undefined) return { fault: `${kind} has no mask that follows an ordering` };
  const fault = faultOf(kind, layer);
  return fault === undefined ? { rule } : { fault };
}

function faultOf(kind: string, layer: layers.Layer): string | undefined {
  const { dataFormat, axis, interpolation } = layer as unknown as Record<string, unknown>;
  if (dataFormat === 'channelsFirst') return `${kind} with dataFormat 'channelsFirst'; maps must be [N,H,W,C]`;
  if (CONVOLUTIONS.includes(kind)) return convolutionFault(layer as unknown as ConvolutionLayer);
  if (kind === 'UpSampling2D' && interpolation !== 'nearest')
    return `UpSampling2D with interpolation '${interpolation}'`;
  const overChannels = axis === undefined || [axis].flat().every((one) => one === -1 || one === 3);
  return overChannels ? undefined : `${kind} along axis ${String(axis)}, which mixes positions`;
}

function convolutionFault({ kernelSize, strides, padding, ...layer }: ConvolutionLayer): string | undefined {
  const [tall, wide] = kernelSize;
  if (tall % 2 === 1 && wide % 2 === 1) return undefined;
  const dilation = dilationOf({ kernelSize, strides, padding, ...layer });
  const isPatch = tall === strides[0] && wide === strides[1] && dilation.every((rate) => rate === 1);
  return isPatch ? undefined : `a kernel of ${tall} x ${wide} at stride ${strides.join(' x ')} has no centre`;
}

function positionByPosition(layer: layers.Layer, inputs: readonly OrderedMap[], training: boolean): OrderedMap {
  return { tensor: run(layer, inputs, training), turnMap: latestOf(inputs.map(({ turnMap }) => turnMap)) };
}

function convolution(layer: layers.Layer, [input]: readonly OrderedMap[], training: boolean): OrderedMap {
  const { kernelSize, strides: stride, padding } = layer as unknown as ConvolutionLayer;
  if (kernelSize.every((side) => side % 2 === 1)) return orderedConvolution(layer, input);
  // Patches that do not overlap are pools with weights.
  const { height, width } = input.turnMap;
  const window = slidingWindow(height, width, { kernel: kernelSize, stride, padding });
  return { tensor: run(layer, [input], training), turnMap: overWindows(input.turnMap, window) };
}

function pool(layer: layers.Layer, [input]: readonly OrderedMap[], training: boolean): OrderedMap {
  const { poolSize, strides, padding } = layer as unknown as {
    readonly poolSize: readonly [number, number];
    readonly strides: readonly [number, number];
    readonly padding: 'same' | 'valid';
  };
  const { height, width } = input.turnMap;
  const window = slidingWindow(height, width, { kernel: poolSize, stride: strides, padding });
  return { tensor: run(layer, [input], training), turnMap: overWindows(input.turnMap, window) };
}

function upsampling(layer: layers.Layer, [input]: readonly OrderedMap[], training: boolean): OrderedMap {
  const { size } = layer as unknown as { readonly size: readonly number[] };
  return { tensor: run(layer, [input], training), turnMap: repeated(input.turnMap, size) };
}

function zeroPadding(layer: layers.Layer, [input]: readonly OrderedMap[], training: boolean): OrderedMap {
  const { padding } = layer as unknown as { readonly padding: readonly [[number, number], [number, number]] };
  const [[top, bottom], [left, right]] = padding;
  return { tensor: run(layer, [input], training), turnMap: resized(input.turnMap, top, bottom, left, right) };
}

function cropping(layer: layers.Layer, [input]: readonly OrderedMap[], training: boolean): OrderedMap {
  const { cropping } = layer as unknown as { readonly cropping: readonly [[number, number], [number, number]] };
  const [[top, bottom], [left, right]] = cropping;
  return { tensor: run(layer, [input], training), turnMap: resized(input.turnMap, -top, -bottom, -left, -right) };
}

function run(layer: layers.Layer, inputs: readonly OrderedMap[], training: boolean): tf.Tensor4D {
  const tensors = inputs.map(({ tensor }) => tensor);
  return layer.apply(tensors.length === 1 ? tensors[0] : tensors, { training }) as tf.Tensor4D;
}
