/**
 * The masked convolution as a layer with weights of its own.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { checkDilation, checkForm, checkKernelSize, type MaskForm } from './kernel-mask.js';
import { maskedConv2d } from './masked-conv2d.js';
import type { View } from './ordering.js';
import { channelsOf, onlyInput, SeededLayer, type ConvolutionWeights, type SeededLayerArgs } from './seeded-layer.js';
import { checkView } from './view.js';

export interface MaskedConv2DArgs extends SeededLayerArgs {
  /** Channels of the output. */
  readonly filters: number;
  /** Taps along rows and columns, odd. @defaultValue 3 */
  readonly kernelSize?: number | readonly [height: number, width: number];
  /** Positions between two taps. @defaultValue 1 */
  readonly dilation?: number;
  /** @defaultValue 'shifted' */
  readonly form?: MaskForm;
  /** Whether a position sees itself. @defaultValue true */
  readonly includeCenter?: boolean;
  /** @defaultValue true */
  readonly useBias?: boolean;
}

/** What `apply` of a masked layer needs beside its input. */
export interface ViewArguments {
  /** An ordering or 'unmasked'; there is no default. */
  readonly view: View;
}

/**
 * `maskedConv2d` with a kernel and a bias.
 *
 * @example new MaskedConv2D({ filters: 8 }).apply(tf.ones([1, 4, 6, 3]), { view: RASTER_ORDERINGS[0] }); // [1, 4, 6, 8]
 * @throws RangeError when an argument is out of range, or `apply` gets no view
 */
export class MaskedConv2D extends SeededLayer {
  static readonly className = 'MaskedConv2D';
  private readonly filters: number;
  private readonly kernelSize: readonly [number, number];
  private readonly dilation: number;
  private readonly form: MaskForm;
  private readonly includeCenter: boolean;
  private readonly useBias: boolean;
  private convolution?: ConvolutionWeights;

  constructor(args: MaskedConv2DArgs) {
    const {
      filters,
      kernelSize = 3,
      dilation = 1,
      form = 'shifted',
      includeCenter = true,
      useBias = true,
      ...rest
    } = args;
    super(rest);
    this.filters = filters;
    this.kernelSize = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
    this.dilation = dilation;
    this.form = form;
    this.includeCenter = includeCenter;
    this.useBias = useBias;
    checkFilters('MaskedConv2D', filters);
    checkKernelSize('MaskedConv2D', this.kernelSize);
    checkDilation('MaskedConv2D', dilation);
    checkForm('MaskedConv2D', form);
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = channelsOf('MaskedConv2D', inputShape);
    this.convolution = this.addConvolution('masked', [...this.kernelSize, channels, this.filters], this.useBias);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { view }: ViewArguments): tf.Tensor4D {
    checkView('MaskedConv2D', view);
    const { dilation, form, includeCenter } = this;
    const { kernel, bias } = this.convolution!();
    return maskedConv2d(onlyInput('MaskedConv2D', inputs), kernel, view, { bias, dilation, form, includeCenter });
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...inputShape.slice(0, 3), this.filters];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { filters, kernelSize, dilation, form, includeCenter, useBias } = this;
    return { ...super.getConfig(), filters, kernelSize: [...kernelSize], dilation, form, includeCenter, useBias };
  }
}

/** @throws RangeError when filters is not a positive integer; `name` is the class named in the text */
export function checkFilters(name: string, filters: number): void {
  if (!Number.isInteger(filters) || filters < 1) {
    throw new RangeError(`${name}: filters must be a positive integer, got ${filters}`);
  }
}

tf.serialization.registerClass(MaskedConv2D);
