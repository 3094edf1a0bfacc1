/**
 * The residual block of the masked part: more channels out of what came before.
 *
 *     x [C] -> masked kxk -> ReLU -> 1x1 -> ReLU -> (+) -> y [D]         the skip of x has D - C channels of zeros added
 *     y [D] -> 1x1 -> ReLU -> 1x1 -> ReLU -> (+) -> y [D]                twice
 *
 * Three sub-blocks, one masked convolution: its view alone decides what a position sees.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * Differs from [1]: the arrangement within a sub-block follows a public reimplementation, the paper's text not being at hand;
 * batch normalisation and dropout are additions. In training, batch normalisation lets statistics cross positions.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { convolve } from './convolution.js';
import { checkDropout, dropChannels } from './dropout.js';
import { checkDilation, checkForm, checkKernelSize, type MaskForm } from './kernel-mask.js';
import { maskedConv2d, type MaskedConv2dOptions } from './masked-conv2d.js';
import { checkFilters, type ViewArguments } from './masked-conv2d-layer.js';
import {
  channelsOf,
  onlyInput,
  SeededLayer,
  type ConvolutionWeights,
  type Normalize,
  type SeededLayerArgs,
  type TrainingArguments,
} from './seeded-layer.js';
import { fusedSubBlock, hasSubBlockKernels } from './sub-block.js';
import { checkView } from './view.js';

/** After each sub-block: nothing, or batch normalisation. */
export type Normalization = 'none' | 'batch';

export interface ResidualBlockArgs extends SeededLayerArgs {
  /** Channels of the output, at least those of the input; the network doubles them. */
  readonly filters: number;
  /** Taps along rows and columns of the masked convolution, odd. @defaultValue 3 */
  readonly kernelSize?: number;
  /** Positions between two taps of the masked convolution. @defaultValue 1 */
  readonly dilation?: number;
  /** @defaultValue 'shifted' */
  readonly form?: MaskForm;
  /** @defaultValue 'none' */
  readonly normalization?: Normalization;
  /** Share of the channels of each sub-block's branch that a training call sets to zero, in [0, 1). @defaultValue 0 */
  readonly dropout?: number;
}

export interface ResidualBlockArguments extends ViewArguments, TrainingArguments {
  /** Draws the dropped channels; needed in training with dropout. */
  readonly random?: RandomGenerator;
}

interface SubBlock {
  readonly first: ConvolutionWeights;
  readonly second: ConvolutionWeights;
  readonly normalize: Normalize;
}

/**
 * [N, H, W, C] -> [N, H, W, filters].
 *
 * @throws RangeError when an argument is out of range, filters is below the input's channels, or `apply` gets no view
 * @example new ResidualBlock({ filters: 6 }).apply(tf.ones([1, 4, 5, 3]), { view: 'unmasked' }); // [1, 4, 5, 6]
 * @see [1]
 */
export class ResidualBlock extends SeededLayer {
  static readonly className = 'ResidualBlock';
  private readonly filters: number;
  private readonly kernelSize: number;
  private readonly dilation: number;
  private readonly form: MaskForm;
  private readonly normalization: Normalization;
  private readonly dropout: number;
  private subBlocks: readonly SubBlock[] = [];

  constructor(args: ResidualBlockArgs) {
    const {
      filters,
      kernelSize = 3,
      dilation = 1,
      form = 'shifted',
      normalization = 'none',
      dropout = 0,
      ...rest
    } = args;
    super(rest);
    this.filters = filters;
    this.kernelSize = kernelSize;
    this.dilation = dilation;
    this.form = form;
    this.normalization = normalization;
    this.dropout = dropout;
    checkFilters('ResidualBlock', filters);
    checkKernelSize('ResidualBlock', [kernelSize, kernelSize]);
    checkDilation('ResidualBlock', dilation);
    checkForm('ResidualBlock', form);
    checkNormalization('ResidualBlock', normalization);
    checkDropout('ResidualBlock', dropout);
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = channelsOf('ResidualBlock', inputShape);
    const { filters, kernelSize } = this;
    if (filters < channels) {
      throw new RangeError(`ResidualBlock: filters must be at least the input's ${channels} channels, got ${filters}`);
    }
    const pointwise = [1, 1, filters, filters] as const;
    this.subBlocks = [1, 2, 3].map((index) => ({
      first:
        index === 1
          ? this.addConvolution('masked', [kernelSize, kernelSize, channels, filters])
          : this.addConvolution(`pointwise_${index}_1`, pointwise),
      second: this.addConvolution(`pointwise_${index}_2`, pointwise),
      normalize:
        this.normalization === 'batch' ? this.addBatchNormalization(`normalization_${index}`, filters) : identity,
    }));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], arguments_: ResidualBlockArguments): tf.Tensor4D {
    const { view, training = false, random, share } = arguments_;
    const { form, dilation } = this;
    checkView('ResidualBlock', view);
    return tf.tidy(() => {
      let y = onlyInput('ResidualBlock', inputs);
      const drops = training && this.dropout > 0;
      const thin = (branch: tf.Tensor4D) =>
        drops ? dropChannels('ResidualBlock', branch, { rate: this.dropout, random, share }) : branch;
      this.subBlocks.forEach(({ first, second, normalize }, index) => {
        const masked = (kernel: tf.Tensor4D, options: MaskedConv2dOptions = {}) =>
          maskedConv2d(y, kernel, view, { form, dilation, ...options });
        const convolutions = { first: first(), second: second(), masked: index === 0 ? masked : undefined };
        const sum =
          !drops && hasSubBlockKernels(y.shape[3], this.filters)
            ? sumByKernel(y, convolutions)
            : tf.add<tf.Tensor4D>(widen(y, this.filters), thin(branchOf(y, convolutions)));
        y = normalize(sum, { training, share });
      });
      return y;
    });
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...inputShape.slice(0, 3), this.filters];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { filters, kernelSize, dilation, form, normalization, dropout } = this;
    return { ...super.getConfig(), filters, kernelSize, dilation, form, normalization, dropout };
  }
}

/** What a sub-block convolves with; the first masks. */
interface Convolutions {
  readonly first: ReturnType<ConvolutionWeights>;
  readonly second: ReturnType<ConvolutionWeights>;
  readonly masked?: (kernel: tf.Tensor4D, options?: MaskedConv2dOptions) => tf.Tensor4D;
}

/** masked kxk or 1x1 -> ReLU -> 1x1 -> ReLU */
function branchOf(x: tf.Tensor4D, { first, second, masked }: Convolutions): tf.Tensor4D {
  const options = { bias: first.bias, activation: 'relu' } as const;
  const inner = masked?.(first.kernel, options) ?? convolve(x, first.kernel, options);
  return convolve(inner, second.kernel, { bias: second.bias, activation: 'relu' });
}

/** The branch and the skip of x added, by one kernel. */
function sumByKernel(x: tf.Tensor4D, { first, second, masked }: Convolutions): tf.Tensor4D {
  const weights = { firstBias: first.bias!, secondFilter: second.kernel, secondBias: second.bias! };
  if (masked) return fusedSubBlock(masked(first.kernel), x, weights);
  return fusedSubBlock(x, x, { ...weights, firstFilter: first.kernel });
}

/** @throws RangeError when the normalization is unknown; `name` is the class or function named in the text */
function checkNormalization(name: string, normalization: Normalization): void {
  if (normalization !== 'none' && normalization !== 'batch') {
    throw new RangeError(`${name}: normalization must be one of none, batch, got '${String(normalization)}'`);
  }
}

function identity(x: tf.Tensor4D): tf.Tensor4D {
  return x;
}

/** Channels of zeros after the present ones. */
function widen(x: tf.Tensor4D, filters: number): tf.Tensor4D {
  if (x.shape[3] === filters) return x;
  return tf.pad(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, filters - x.shape[3]],
  ]);
}

tf.serialization.registerClass(ResidualBlock);
