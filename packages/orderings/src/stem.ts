/**
 * The unmasked stem: pixels to maps of half or a quarter of the side, once for both views.
 *
 * conv 3x3 -> batch norm -> max-pool 3x3 of stride 2 -> ReLU, one position of padding on every side of convolution and
 * pool (TensorFlow's 'same' pads one side only at stride 2). ReLU and maximum commute, so ReLU comes last, on a quarter of the
 * positions; zero padding then equals the pool's minus infinity, as ReLU ends at zero.
 *
 * At output stride 1 the input is a map of features, such as a pretrained backbone's: conv 1x1 -> batch norm -> ReLU, which
 * mixes no positions.
 *
 * With edges the slopes of the image are two channels more (edge-channels.ts), which looks one pixel further.
 *
 * Causality holds on the stem's grid, not on pixels: a position of the grid is made of pixels on all sides.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { convolve, pad } from './convolution.js';
import { EDGE_CHANNELS, edgeKernel } from './edge-channels.js';
import { checkFilters } from './masked-conv2d-layer.js';
import {
  channelsOf,
  onlyInput,
  SeededLayer,
  type ConvolutionWeights,
  type Normalize,
  type SeededLayerArgs,
  type TrainingArguments,
} from './seeded-layer.js';

/** Pixels of the image per position of the maps, along each axis; 1 for inputs that are feature maps already. */
export type OutputStride = 1 | 2 | 4;

export interface StemArgs extends SeededLayerArgs {
  /** Channels of the maps. */
  readonly filters: number;
  /** @defaultValue 2 */
  readonly outputStride?: OutputStride;
  /** The slopes of the image as two channels more; not at output stride 1. @defaultValue false */
  readonly edges?: boolean;
}

/**
 * [N, H, W, C] -> [N, h, w, filters], h = H at output stride 1, ceil(H / 2) at 2, ceil(ceil(H / 2) / 2) at 4.
 *
 * @throws RangeError when an argument is out of range
 * @example new Stem({ filters: 8 }).apply(tf.ones([1, 5, 6, 3]), { training: false }); // [1, 3, 3, 8]
 */
export class Stem extends SeededLayer {
  static readonly className = 'Stem';
  private readonly filters: number;
  private readonly outputStride: OutputStride;
  private readonly edges: boolean;
  private convolution?: ConvolutionWeights;
  private normalize?: Normalize;

  constructor({ filters, outputStride = 2, edges = false, ...rest }: StemArgs) {
    super(rest);
    checkFilters('Stem', filters);
    checkOutputStride('Stem', outputStride);
    this.filters = filters;
    checkEdges('Stem', edges, outputStride);
    this.outputStride = outputStride;
    this.edges = edges;
  }

  override build(inputShape: Shape | Shape[]): void {
    // No bias: the normalisation would take it away again.
    const side = this.outputStride === 1 ? 1 : 3;
    const channels = channelsOf('Stem', inputShape) + (this.edges ? EDGE_CHANNELS : 0);
    const shape = [side, side, channels, this.filters] as const;
    this.convolution = this.addConvolution('convolution', shape, false);
    this.normalize = this.addBatchNormalization('normalization', this.filters);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], pass: TrainingArguments): tf.Tensor4D {
    return tf.tidy(() => {
      const { kernel } = this.convolution!();
      const image = onlyInput('Stem', inputs);
      const x = this.edges ? withEdges(image) : image;
      if (this.outputStride === 1) return tf.relu(this.normalize!(convolve(x, kernel), pass));
      const sums = convolve(x, kernel, { padding: AROUND, stride: this.outputStride / 2 });
      const pooled = tf.maxPool(pad(this.normalize!(sums, pass), AROUND), 3, 2, 'valid');
      return tf.relu(pooled);
    });
  }

  override computeOutputShape([batch, height, width]: Shape): Shape {
    const side = (pixels: number | null) => pixels && stemSide(pixels, this.outputStride);
    return [batch, side(height), side(width), this.filters];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { filters, outputStride, edges } = this;
    return { ...super.getConfig(), filters, outputStride, edges };
  }
}

/** The side of the stem's maps for a side of an image. */
function stemSide(pixels: number, outputStride: OutputStride): number {
  if (outputStride === 1) return pixels;
  const half = Math.ceil(pixels / 2);
  return outputStride === 2 ? half : Math.ceil(half / 2);
}

/** @throws RangeError when the stride is none of 1, 2, 4; `name` is the class or function named in the text */
function checkOutputStride(name: string, outputStride: OutputStride): void {
  if (![1, 2, 4].includes(outputStride)) {
    throw new RangeError(`${name}: outputStride must be 1, 2 or 4, got ${String(outputStride)}`);
  }
}

/** @throws RangeError on edges of feature maps, whose stem mixes no positions; `name` is the class named in the text */
function checkEdges(name: string, edges: boolean, outputStride: OutputStride): void {
  if (edges && outputStride === 1) throw new RangeError(`${name}: edges need images, output stride 2 or 4, got 1`);
}

/** [N, H, W, C] -> [N, H, W, C + 2]. */
function withEdges(image: tf.Tensor4D): tf.Tensor4D {
  const { shape, data } = edgeKernel(image.shape[3]);
  return convolve(image, tf.tensor4d(data, [...shape]), { padding: AROUND });
}

const AROUND = { top: 1, bottom: 1, left: 1, right: 1 };

tf.serialization.registerClass(Stem);
