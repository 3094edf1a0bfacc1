/**
 * Masked self-attention as a layer: 1x1 queries, keys and values of its own.
 *
 * A position's query is made from the position itself: without `includeCenter` its output still depends on itself through
 * that query, though on no value of its own. For strict exclusion, feed a map that excludes it already.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { addAttention, attend, checkSizes, halfOf, type AttentionWeights } from './attention-weights.js';
import type { ViewArguments } from './masked-conv2d-layer.js';
import { channelsOf, onlyInput, SeededLayer, type SeededLayerArgs } from './seeded-layer.js';
import { checkView } from './view.js';

export interface MaskedAttention2DArgs extends SeededLayerArgs {
  /** Channels of queries and keys. @defaultValue null: half of the input's, rounded up */
  readonly keySize?: number | null;
  /** Channels of values and of the output. @defaultValue null: half of the input's, rounded up */
  readonly valueSize?: number | null;
  /** Whether a position sees its own value. @defaultValue true */
  readonly includeCenter?: boolean;
}

/**
 * [N, H, W, C] -> [N, H, W, valueSize].
 *
 * @throws RangeError when an argument is out of range, or `apply` gets no view
 * @example new MaskedAttention2D({ valueSize: 8 }).apply(tf.ones([1, 4, 5, 6]), { view: hilbertOrdering() }); // [1, 4, 5, 8]
 */
export class MaskedAttention2D extends SeededLayer {
  static readonly className: string = 'MaskedAttention2D';
  readonly keySize: number | null;
  readonly valueSize: number | null;
  readonly includeCenter: boolean;
  private projections?: AttentionWeights;

  constructor({ keySize = null, valueSize = null, includeCenter = true, ...rest }: MaskedAttention2DArgs = {}) {
    super(rest);
    checkSizes(this.getClassName(), { keySize, valueSize });
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.includeCenter = includeCenter;
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = channelsOf(this.getClassName(), inputShape);
    this.projections = addAttention(channels, this, (name, shape) => this.addConvolution(name, shape));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { view }: ViewArguments): tf.Tensor4D {
    checkView(this.getClassName(), view);
    return tf.tidy(() => attend(onlyInput(this.getClassName(), inputs), this.projections!, view, this.includeCenter));
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...inputShape.slice(0, 3), this.valueSize ?? halfOf(channelsOf(this.getClassName(), inputShape))];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { keySize, valueSize, includeCenter } = this;
    return { ...super.getConfig(), keySize, valueSize, includeCenter };
  }
}

tf.serialization.registerClass(MaskedAttention2D);
