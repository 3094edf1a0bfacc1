/**
 * Which taps of a convolution kernel lie on the past of a raster ordering, and where the kernel lies.
 *
 * A 3x3 kernel under top-left-row; `q` is the position that looks, at the tap marked in brackets, 1 = may look:
 *
 *     shifted [1]              centered [2]
 *     1  1  1                  1  1  1
 *     1  1  1                  1 [1] 0
 *     1 [1] 0                  0  0  0
 *
 * With `includeCenter: false` (mask type A of [2]; true is type B) the tap in brackets is 0 too. Shifted, the kernel has
 * been moved floor(k/2) lines into the past: only the part of the current line after q is masked. The other seven
 * orderings are these pictures flipped and transposed: row-major orderings shift up or down, column-major ones left or right.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] van den Oord, Kalchbrenner, Kavukcuoglu. Pixel Recurrent Neural Networks. ICML 2016.
 */
import type { View } from './ordering.js';
import { goesDown, goesRight, isRasterOrdering, type RasterOrdering } from './raster-ordering.js';
import { checkView } from './view.js';

/** Where the kernel lies: wholly on the past side, or centred on the position that looks. */
export type MaskForm = 'shifted' | 'centered';

/** The two forms. */
export const MASK_FORMS: readonly MaskForm[] = ['shifted', 'centered'];

export interface KernelMaskOptions {
  /** Taps along rows and columns, both odd. */
  readonly kernelSize: readonly [height: number, width: number];
  /** @defaultValue 'shifted' */
  readonly form?: MaskForm;
  /** Whether a position sees itself. @defaultValue true */
  readonly includeCenter?: boolean;
}

export interface KernelMask {
  /** [height * width], 1 = the tap is used. */
  readonly taps: Uint8Array;
  /** Offset (row, column) of the kernel's first tap from the position that looks. */
  readonly origin: readonly [row: number, column: number];
}

/**
 * The mask of a kernel and its place. 'unmasked' uses the whole kernel, centred, its centre included.
 *
 * @throws RangeError when a side of the kernel is even, the form unknown, or the view not one that a shared kernel can follow
 * @example kernelMask(rasterOrdering('top-left', 'row'), { kernelSize: [3, 3] }).taps; // [1,1,1, 1,1,1, 1,1,0]
 */
export function kernelMask(view: View, options: KernelMaskOptions): KernelMask {
  const { kernelSize, form = 'shifted', includeCenter = true } = options;
  const [height, width] = kernelSize;
  checkView('kernelMask', view);
  checkKernelSize('kernelMask', kernelSize);
  checkForm('kernelMask', form);
  if (view === 'unmasked') return { taps: new Uint8Array(height * width).fill(1), origin: centered(kernelSize) };
  if (!isRasterOrdering(view)) {
    throw new RangeError(
      `kernelMask: one kernel for all positions follows raster orderings only, got '${view.name}'; ` +
        `maskedConv2d with form 'centered' takes any ordering`,
    );
  }
  const origin = form === 'shifted' ? shifted(view, kernelSize) : centered(kernelSize);
  const taps = Uint8Array.from({ length: height * width }, (_, tap) => {
    const turn = compareTurns(view, origin[0] + Math.floor(tap / width), origin[1] + (tap % width));
    return turn < 0 || (turn === 0 && includeCenter) ? 1 : 0;
  });
  return { taps, origin };
}

/** @throws RangeError when a side is not odd; `name` is the function named in the text */
export function checkKernelSize(name: string, [height, width]: readonly [number, number]): void {
  const odd = (side: number) => Number.isInteger(side) && side > 0 && side % 2 === 1;
  if (!odd(height) || !odd(width)) {
    throw new RangeError(`${name}: the kernel's sides must be odd, so that it has a centre, got ${height} x ${width}`);
  }
}

/** @throws RangeError when taps are no whole number of positions apart; `name` is the function named in the text */
export function checkDilation(name: string, dilation: number): void {
  if (!Number.isInteger(dilation) || dilation < 1) {
    throw new RangeError(`${name}: dilation must be a positive integer, got ${dilation}`);
  }
}

/** @throws RangeError when the form is unknown; `name` is the function named in the text */
export function checkForm(name: string, form: MaskForm): void {
  if (!MASK_FORMS.includes(form)) {
    throw new RangeError(`${name}: form must be one of ${MASK_FORMS.join(', ')}, got '${String(form)}'`);
  }
}

function centered([height, width]: readonly [number, number]): [number, number] {
  return [(1 - height) / 2, (1 - width) / 2];
}

function shifted({ corner, major }: RasterOrdering, kernelSize: readonly [number, number]): [number, number] {
  const [row, column] = centered(kernelSize);
  if (major === 'row') return [goesDown(corner) ? 2 * row : 0, column];
  return [row, goesRight(corner) ? 2 * column : 0];
}

/** Below 0 when the position at this offset comes before the one that looks, 0 when it is the same, else above 0. */
function compareTurns({ corner, major }: RasterOrdering, rowOffset: number, columnOffset: number): number {
  const down = goesDown(corner) ? rowOffset : -rowOffset;
  const along = goesRight(corner) ? columnOffset : -columnOffset;
  return major === 'row' ? down || along : along || down;
}
