/**
 * One axis of a raster cut into parts that can be computed apart: which pixels each needs, and where its maps lie.
 *
 * A part [start, end) of the output interpolates the grid positions `first` to `last`. These look `reach` positions
 * further, and `spoilt` more are read in front, since zero padding before the stem spoils the first positions of a window. A window
 * begins at a multiple of the stride, or its maps would lie between those of the whole raster. At the raster's own edge
 * window and raster end together, and so do their zero paddings.
 *
 *     pixels   |----------- window -----------|
 *     grid      x  r  r  first . . . last  r  r      x spoilt, r within reach: computed and thrown away
 *     output             |--- part ---|
 */
import { gridPosition } from '@autoregseg/evaluation';
import type { OutputStride } from '@autoregseg/orderings';

export interface NetworkAxis {
  /** Pixels that the network sees along this axis. */
  readonly length: number;
  /** Pixels of the output. */
  readonly output: number;
  /** Pixels per position of the grid. */
  readonly stride: OutputStride;
  /** Positions of the grid that one position looks to either side. */
  readonly before: number;
  readonly after: number;
  /** Positions at the start of a window whose pixels reach beyond it. */
  readonly spoilt: number;
}

export interface AxisWindow {
  /** First and one past the last pixel to read. */
  readonly pixels: readonly [start: number, end: number];
  /** The grid position of the window's first map line. */
  readonly origin: number;
}

/** Positions of the stem's grid over `length` pixels. */
export function gridLength(length: number, stride: OutputStride): number {
  if (stride === 1) return length;
  const half = Math.ceil(length / 2);
  return stride === 2 ? half : Math.ceil(half / 2);
}

/** The window that gives the output from `start` to `end` as the whole axis would. */
export function windowOf(axis: NetworkAxis, [start, end]: readonly [number, number]): AxisWindow {
  const { length, output, stride, before, after, spoilt } = axis;
  const grid = gridLength(length, stride);
  const first = Math.floor(gridPosition(start, grid, output));
  const last = Math.min(Math.floor(gridPosition(end - 1, grid, output)) + 1, grid - 1);
  const origin = Math.max(0, first - before - spoilt);
  // The last position's own pixels end less than two strides after its first.
  const stop = Math.min(length, stride * (last + after + 2));
  return { pixels: [stride * origin, stop], origin };
}
