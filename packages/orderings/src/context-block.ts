/**
 * The context block of the masked part: beside what a position knows, the mean of what the positions around it know.
 *
 *     x [C] -> masked average pool [C] -> concatenated with x -> y [2 C]
 *
 * A texture is told by many places together, while what lies at a place is told by its own features: heads weigh the two.
 * It has no weights, and follows any ordering.
 *
 * [1] Liu, Rabinovich, Berg. ParseNet: Looking Wider to See Better. 2015. The mean of the whole image beside its features.
 * Differs from [1]: the mean of a window, and under an ordering of its past alone; no normalisation.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { checkForm, checkKernelSize, type MaskForm } from './kernel-mask.js';
import { maskedAvgPool2d } from './masked-avg-pool2d.js';
import type { ViewArguments } from './masked-conv2d-layer.js';
import { channelsOf, onlyInput, SeededLayer, type SeededLayerArgs } from './seeded-layer.js';
import { checkView } from './view.js';

export interface ContextBlockArgs extends SeededLayerArgs {
  /** Positions along each side of the window, odd. @defaultValue 7 */
  readonly poolSize?: number;
  /** @defaultValue 'shifted' */
  readonly form?: MaskForm;
}

/**
 * [N, H, W, C] -> [N, H, W, 2 C], x before its context.
 *
 * @throws RangeError when an argument is out of range, or `apply` gets no view
 * @example new ContextBlock({ poolSize: 5 }).apply(tf.ones([1, 4, 5, 6]), { view: RASTER_ORDERINGS[0] }); // [1, 4, 5, 12]
 * @see [1]
 */
export class ContextBlock extends SeededLayer {
  static readonly className = 'ContextBlock';
  private readonly poolSize: number;
  private readonly form: MaskForm;

  constructor({ poolSize = 7, form = 'shifted', ...rest }: ContextBlockArgs = {}) {
    super(rest);
    this.poolSize = poolSize;
    this.form = form;
    checkKernelSize('ContextBlock', [poolSize, poolSize]);
    checkForm('ContextBlock', form);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { view }: ViewArguments): tf.Tensor4D {
    checkView('ContextBlock', view);
    const { poolSize, form } = this;
    return tf.tidy(() => {
      const x = onlyInput('ContextBlock', inputs);
      return tf.concat([x, maskedAvgPool2d(x, view, { poolSize, form })], 3);
    });
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...inputShape.slice(0, 3), 2 * channelsOf('ContextBlock', inputShape)];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { poolSize, form } = this;
    return { ...super.getConfig(), poolSize, form };
  }
}

tf.serialization.registerClass(ContextBlock);
