/**
 * The decoder: a 1x1 convolution for each head, upsampled to the image's size.
 *
 * The heads' kernels are laid side by side, so that many heads read the features once and are upsampled together.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * Differs from [1]: one head or more (overclustering, several main heads); logits, the softmax is the caller's.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { convolve } from './convolution.js';
import { channelsOf, onlyInput, SeededLayer, type ConvolutionWeights, type SeededLayerArgs } from './seeded-layer.js';
import { upsampleBilinear } from './upsampling.js';

export interface DecoderArgs extends SeededLayerArgs {
  /** Clusters of each head, by its name; at least one head. */
  readonly heads: Readonly<Record<string, number>>;
}

/**
 * [N, h, w, C] -> [N, H, W, K], K = the clusters of all heads, one head after the other in the order of their names' insertion.
 *
 * @example new Decoder({ heads: { main: 3 } }).apply(tf.ones([1, 4, 4, 8]), { size: [8, 8] }); // [1, 8, 8, 3]
 */
export class Decoder extends SeededLayer {
  static readonly className = 'Decoder';
  private readonly heads: Readonly<Record<string, number>>;
  private convolutions: readonly ConvolutionWeights[] = [];

  constructor({ heads, ...rest }: DecoderArgs) {
    super(rest);
    this.heads = heads;
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = channelsOf('Decoder', inputShape);
    this.convolutions = Object.entries(this.heads).map(([head, clusters]) =>
      this.addConvolution(head, [1, 1, channels, clusters]),
    );
    super.build(inputShape);
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    { size }: { readonly size: readonly [height: number, width: number] },
  ): tf.Tensor4D {
    return tf.tidy(() => {
      const weights = this.convolutions.map((read) => read());
      const kernel = tf.concat(
        weights.map((head) => head.kernel),
        3,
      ); // [1, 1, C, K]
      const bias = tf.concat(weights.map((head) => head.bias!)); // [K]
      return upsampleBilinear(convolve(onlyInput('Decoder', inputs), kernel, { bias }), size);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), heads: { ...this.heads } };
  }
}

tf.serialization.registerClass(Decoder);
