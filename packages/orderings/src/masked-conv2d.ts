/**
 * The masked convolution: each position sees only what comes before it in an ordering.
 *
 * Shifted as in [1]: the input is padded on the past side and cropped on the other, so that a k x k kernel lies wholly on
 * the past; centered as in [2]: the kernel stays and the taps on the future are masked. Pictures of both: kernel-mask.ts.
 * Orderings that are no raster scan have another mask at each position [3], and take the centered form alone.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] van den Oord, Kalchbrenner, Kavukcuoglu. Pixel Recurrent Neural Networks. ICML 2016.
 * [3] Jain, Abbeel, Pathak. Locally Masked Convolution for Autoregressive Models. UAI 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import { convolve, type Padding } from './convolution.js';
import {
  checkDilation,
  checkForm,
  checkKernelSize,
  kernelMask,
  type KernelMask,
  type MaskForm,
} from './kernel-mask.js';
import { locallyMaskedConv2d } from './locally-masked-conv2d.js';
import type { Ordering, View } from './ordering.js';
import { isRasterOrdering } from './raster-ordering.js';
import { hasTapKernels, tapConvolution } from './tap-convolution.js';
import { checkView } from './view.js';

export interface MaskedConv2dOptions {
  /** [D], added to every position. @defaultValue none */
  readonly bias?: tf.Tensor1D;
  /** @defaultValue 'shifted' */
  readonly form?: MaskForm;
  /** Whether a position sees itself: true is mask type B, false type A. @defaultValue true */
  readonly includeCenter?: boolean;
  /** Positions between two taps, along rows and columns. @defaultValue 1 */
  readonly dilation?: number;
  /** Applied after the bias. @defaultValue 'linear' */
  readonly activation?: 'linear' | 'relu';
}

/**
 * Convolution, stride 1, zeros outside the map, masked by the view:
 *
 *   y[p] = sum over offsets d with turn(p + d) before turn(p) of x[p + d] W[d]  (+ x[p] W[0] when includeCenter)
 *
 * 'unmasked' uses the whole kernel, centred: a plain 'same' convolution, whatever form and includeCenter say.
 *
 * @param x - [N, H, W, C] float32
 * @param kernel - [kh, kw, C, D] float32, kh and kw odd
 * @param view - an ordering or 'unmasked'
 * @returns [N, H, W, D]; differentiable in x, kernel and bias
 * @throws RangeError when the shapes do not fit, the kernel is even, the view is none, or the form cannot follow the ordering
 * @example maskedConv2d(tf.ones([1, 2, 3, 1]), tf.ones([3, 3, 1, 1]), rasterOrdering('top-left', 'row')); // 1 2 3, 3 5 6
 * @see [1] for 'shifted', [2] for 'centered', [3] for orderings that are no raster scan
 */
export function maskedConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  view: View,
  options: MaskedConv2dOptions = {},
): tf.Tensor4D {
  const { bias, form = 'shifted', includeCenter = true, dilation = 1, activation } = options;
  checkView('maskedConv2d', view);
  checkForm('maskedConv2d', form);
  checkDilation('maskedConv2d', dilation);
  checkShapes(x, kernel, bias);
  const [height, width] = kernel.shape;
  // One tap sees the position alone, whatever the ordering.
  const seen = height * width === 1 && includeCenter ? 'unmasked' : view;
  return tf.tidy(() => {
    if (seen !== 'unmasked' && !isRasterOrdering(seen)) {
      checkFormFollows('maskedConv2d', seen, form);
      const turns = seen.rank(x.shape[1], x.shape[2]);
      const sums = locallyMaskedConv2d(x, kernel, turns, { includeCenter, dilation: [dilation, dilation] });
      return activated(sums, options);
    }
    const mask = kernelMask(seen, { kernelSize: [height, width], form, includeCenter });
    const whole = mask.taps.every((tap) => tap === 1);
    if (!whole && hasTapKernels(kernel.shape)) return activated(tapConvolution(x, kernel, mask, dilation), options);
    const masked = whole ? kernel : tf.mul(kernel, tf.tensor4d(mask.taps, [height, width, 1, 1], 'float32'));
    const around = padding(mask, [height, width], dilation);
    return convolve(x, masked as tf.Tensor4D, { bias, padding: around, dilation, activation });
  });
}

function activated(sums: tf.Tensor4D, { bias, activation }: MaskedConv2dOptions): tf.Tensor4D {
  const offset = bias === undefined ? sums : tf.add(sums, bias);
  return (activation === 'relu' ? tf.relu(offset) : offset) as tf.Tensor4D;
}

/** Padding and cropping in one: zeros before the first tap's reach and after the last tap's. */
function padding(
  { origin: [row, column] }: KernelMask,
  [height, width]: readonly [number, number],
  dilation: number,
): Padding {
  const [above, below] = [-row * dilation, (height - 1 + row) * dilation];
  const [before, after] = [-column * dilation, (width - 1 + column) * dilation];
  return { top: above, bottom: below, left: before, right: after };
}

function checkShapes(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | undefined): void {
  if (x.rank !== 4 || kernel.rank !== 4 || x.shape[3] !== kernel.shape[2]) {
    throw new RangeError(
      `maskedConv2d: x must be [N,H,W,C] and kernel [kh,kw,C,D], got [${x.shape}] and [${kernel.shape}]`,
    );
  }
  checkKernelSize('maskedConv2d', [kernel.shape[0], kernel.shape[1]!]);
  if (bias !== undefined && (bias.rank !== 1 || bias.shape[0] !== kernel.shape[3])) {
    throw new RangeError(
      `maskedConv2d: bias must be [${kernel.shape[3]}] as kernel [${kernel.shape}], got [${bias.shape}]`,
    );
  }
}

/**
 * A shifted kernel serves all positions alike: the past of a general ordering lies on another side for each.
 *
 * @throws RangeError when the form is 'shifted'; `name` is the function named in the text
 */
export function checkFormFollows(name: string, ordering: Ordering, form: MaskForm): void {
  if (form === 'centered') return;
  throw new RangeError(
    `${name}: form '${form}' follows raster orderings only, got '${ordering.name}'; use form 'centered' for other orderings`,
  );
}
