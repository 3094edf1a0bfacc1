/**
 * The attention block of the masked part: what the past says, beside what the position knew.
 *
 *     x [C] -> masked attention [E] -> concatenated with x [C + E] -> 1x1 -> y [C]
 *
 * It widens the field of view from a kernel to all of the past, and follows any ordering.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * Differs from [1]: sizes and the linear merge follow a public reimplementation, the paper's text not being at hand.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { convolve } from './convolution.js';
import { MaskedAttention2D } from './masked-attention2d-layer.js';
import type { ViewArguments } from './masked-conv2d-layer.js';
import { channelsOf, onlyInput, type ConvolutionWeights } from './seeded-layer.js';

/**
 * [N, H, W, C] -> [N, H, W, C]; takes the arguments of `MaskedAttention2D`.
 *
 * With `includeCenter: false` a position still sees itself, through the concatenation and its own query.
 *
 * @throws RangeError when an argument is out of range, or `apply` gets no view
 * @example new AttentionBlock({ seed: 1 }).apply(tf.ones([1, 4, 5, 6]), { view: RASTER_ORDERINGS[0] }); // [1, 4, 5, 6]
 * @see [1]
 */
export class AttentionBlock extends MaskedAttention2D {
  static override readonly className = 'AttentionBlock';
  private merge?: ConvolutionWeights;

  override build(inputShape: Shape | Shape[]): void {
    super.build(inputShape);
    const channels = channelsOf('AttentionBlock', inputShape);
    const [wide] = super.computeOutputShape(inputShape as Shape).slice(3);
    this.merge = this.addConvolution('merge', [1, 1, channels + wide!, channels]);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], viewArguments: ViewArguments): tf.Tensor4D {
    return tf.tidy(() => {
      const x = onlyInput('AttentionBlock', inputs);
      const { kernel, bias } = this.merge!();
      return convolve(tf.concat([x, super.call(x, viewArguments)], 3), kernel, { bias });
    });
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...inputShape];
  }
}

tf.serialization.registerClass(AttentionBlock);
