/**
 * How far a network looks: the pixels that can reach one position of its maps, known from its configuration alone.
 *
 * A masked 3x3 convolution, shifted, under top-left-row looks two lines up and one column to either side; each block adds
 * as much, and a context block the reach of its window. Unmasked kernels are centred and add one position on every side.
 * Position g of the stem's maps is made of the pixels from `stride g - m` to `stride g + m`, with m = stride / 2 + 1 (a pool
 * of 3 over a convolution of 3), and one more with edges (another convolution of 3).
 *
 * What it is for: a large image can be computed in windows. A window that is wider by this field on every side, and
 * begins at a multiple of the output stride, gives the very values that the whole image gives.
 */
import { kernelMask } from './kernel-mask.js';
import type { NetworkConfig } from './network-options.js';
import type { View } from './ordering.js';

/** Distances from a position, 0 or more; Infinity where nothing bounds it. */
export interface Reach {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface ReceptiveField {
  /** Positions of the stem's maps that the features at one position depend on. */
  readonly grid: Reach;
  /** Pixels they depend on, counted from pixel (stride row, stride column) of the image. */
  readonly pixels: Reach;
  /** Pixels that one position of the stem's maps is made of, to each side of pixel (stride row, stride column). */
  readonly margin: number;
}

const UNBOUNDED: Reach = { top: Infinity, bottom: Infinity, left: Infinity, right: Infinity };

/**
 * The receptive field of a network's features under a view, or the union of the fields under several.
 *
 * Exact, up to taps that happen to be zero. Attention sees the whole map: Infinity. The decoder's upsampling is not part
 * of it: bilinear interpolation between positions adds the position after.
 *
 * @param config - `network.config`
 * @throws RangeError when a view cannot be followed by one kernel for all positions
 * @example receptiveField(network.config, ['unmasked']).pixels; // two blocks at output stride 4: 11 on every side
 */
export function receptiveField(
  config: Pick<
    NetworkConfig,
    'kernelSize' | 'dilations' | 'contextSize' | 'form' | 'attention' | 'outputStride' | 'edges'
  >,
  views: readonly View[],
): ReceptiveField {
  const { outputStride, edges, attention } = config;
  // 3 x 3 of the convolution and 3 x 3 of the pool; a stem of feature maps mixes no positions.
  const margin = outputStride === 1 ? 0 : outputStride / 2 + 1 + (edges ? 1 : 0);
  if (attention.length > 0) return { grid: UNBOUNDED, pixels: UNBOUNDED, margin };
  // Taps d positions apart look d times as far as neighbours do.
  const stretch = config.dilations.reduce((sum, dilation) => sum + dilation, 0);
  const context = Math.max(1, config.contextSize);
  const grid = union(
    views.map((view) =>
      sum(times(kernelReach(view, config), stretch), kernelReach(view, { ...config, kernelSize: context })),
    ),
  );
  return { grid, pixels: mapSides(grid, (positions) => outputStride * positions + margin), margin };
}

/** How far the taps of one masked convolution lie from the position that looks. */
function kernelReach(view: View, { kernelSize, form }: Pick<NetworkConfig, 'kernelSize' | 'form'>): Reach {
  const { taps, origin } = kernelMask(view, { kernelSize: [kernelSize, kernelSize], form });
  const offsets = Array.from(taps.keys()).filter((tap) => taps[tap] === 1);
  const rows = offsets.map((tap) => origin[0] + Math.floor(tap / kernelSize));
  const columns = offsets.map((tap) => origin[1] + (tap % kernelSize));
  const before = (places: readonly number[]) => Math.max(0, -Math.min(...places));
  const after = (places: readonly number[]) => Math.max(0, ...places);
  return { top: before(rows), bottom: after(rows), left: before(columns), right: after(columns) };
}

function union(reaches: readonly Reach[]): Reach {
  const most = (side: keyof Reach) => Math.max(0, ...reaches.map((reach) => reach[side]));
  return { top: most('top'), bottom: most('bottom'), left: most('left'), right: most('right') };
}

function sum(first: Reach, second: Reach): Reach {
  const both = (side: keyof Reach) => first[side] + second[side];
  return { top: both('top'), bottom: both('bottom'), left: both('left'), right: both('right') };
}

function times(reach: Reach, count: number): Reach {
  return mapSides(reach, (distance) => count * distance);
}

function mapSides({ top, bottom, left, right }: Reach, map: (distance: number) => number): Reach {
  return { top: map(top), bottom: map(bottom), left: map(left), right: map(right) };
}
