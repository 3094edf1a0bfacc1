/**
 * Sample patches: the windows of the images that show best what a cluster holds.
 *
 * Windows are ranked by the share of their pixels that the cluster covers, then by its share of the surroundings twice
 * as wide, so that the middle of a region comes before its edge. A window counts for less the more its image has given
 * already, and if it lies over another.
 * Nothing is drawn at random: the same images give the same patches.
 */
import type { RasterImage } from '@autoregseg/data';

export interface SegmentedImage {
  readonly image: RasterImage;
  /** [H * W] cluster of each pixel, negative where not valid. */
  readonly prediction: Int32Array;
}

export interface SamplePatchesOptions {
  /** @defaultValue 9 */
  readonly count?: number;
  /** Side in pixels; images smaller than this give patches of their own size. @defaultValue an eighth of the shorter side, at least 16 */
  readonly size?: number;
}

interface Window {
  readonly image: number;
  readonly row: number;
  readonly col: number;
  readonly size: number;
  readonly coverage: number;
  readonly score: number;
}

/** A second window of one image counts this much less than its first, a third as much again. */
const REPEAT_DISCOUNT = 0.9;
/** A window that lies half over a chosen one, against one that lies apart. */
const OVERLAP_DISCOUNT = 0.7;
/** Says only which of two equally covered windows is better. */
const SURROUNDINGS_WEIGHT = 0.1;

/**
 * Up to `count` patches of one cluster, the best first; fewer when fewer windows hold any of it.
 *
 * @throws RangeError when `count` or `size` is not a positive integer
 */
export function samplePatches(
  examples: readonly SegmentedImage[],
  cluster: number,
  options: SamplePatchesOptions = {},
): RasterImage[] {
  const { count = 9, size } = options;
  for (const [name, value] of Object.entries({ count, size: size ?? 1 }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`samplePatches: ${name} must be a positive integer, got ${value}`);
  const windows = examples.flatMap((example, image) => windowsOf(example, { image, cluster, size }));
  const chosen: Window[] = [];
  while (chosen.length < count) {
    const best = bestWindow(windows, chosen);
    if (!best) break;
    chosen.push(best);
  }
  return chosen.sort((a, b) => b.coverage - a.coverage).map((window) => crop(examples[window.image].image, window));
}

/** The best window, given what is chosen already; none lies more than half over another. */
function bestWindow(windows: readonly Window[], chosen: readonly Window[]): Window | undefined {
  let best: Window | undefined;
  let bestScore = 0;
  for (const window of windows) {
    if (window.score <= bestScore) continue;
    const siblings = chosen.filter((other) => other.image === window.image);
    const nearest = Math.min(...siblings.map((other) => distance(window, other)));
    if (nearest < Math.floor(window.size / 2)) continue;
    const score = window.score * REPEAT_DISCOUNT ** siblings.length * (nearest < window.size ? OVERLAP_DISCOUNT : 1);
    if (score > bestScore) [best, bestScore] = [window, score];
  }
  return best;
}

function distance(a: Window, b: Window): number {
  return Math.max(Math.abs(a.row - b.row), Math.abs(a.col - b.col));
}

/** Windows of two by two cells, each cell half a window wide, with what the cluster covers of them. */
function windowsOf(
  { image, prediction }: SegmentedImage,
  options: { readonly image: number; readonly cluster: number; readonly size?: number },
): Window[] {
  const [height, width] = image.shape;
  const shorter = Math.min(height, width);
  const size = Math.min(shorter, options.size ?? Math.max(16, Math.floor(shorter / 8)));
  const cell = Math.max(1, size >> 1);
  const [rows, cols] = [Math.floor(height / cell), Math.floor(width / cell)];
  const counts = cellCounts(prediction, { width, cell, rows, cols, cluster: options.cluster });
  const share = (top: number, left: number, side: number) => {
    let covered = 0;
    for (let row = Math.max(0, top); row < Math.min(rows, top + side); row++)
      for (let col = Math.max(0, left); col < Math.min(cols, left + side); col++) covered += counts[row * cols + col];
    return covered / (side * cell) ** 2;
  };
  const windows: Window[] = [];
  for (let row = 0; row * cell + size <= height; row++) {
    for (let col = 0; col * cell + size <= width; col++) {
      const coverage = share(row, col, 2);
      if (coverage === 0) continue;
      const score = coverage + SURROUNDINGS_WEIGHT * share(row - 1, col - 1, 4);
      windows.push({ image: options.image, row: row * cell, col: col * cell, size, coverage, score });
    }
  }
  return windows;
}

interface CellGrid {
  readonly width: number;
  readonly cell: number;
  readonly rows: number;
  readonly cols: number;
  readonly cluster: number;
}

/** [rows * cols] pixels of the cluster in each whole cell. */
function cellCounts(prediction: Int32Array, { width, cell, rows, cols, cluster }: CellGrid): Int32Array {
  const counts = new Int32Array(rows * cols);
  for (let row = 0; row < rows * cell; row++) {
    const line = Math.floor(row / cell) * cols;
    for (let col = 0; col < cols * cell; col++)
      if (prediction[row * width + col] === cluster) counts[line + Math.floor(col / cell)]++;
  }
  return counts;
}

function crop({ shape, data }: RasterImage, { row, col, size }: Window): RasterImage {
  const [, width, channels] = shape;
  const patch = new Float32Array(size * size * channels);
  for (let line = 0; line < size; line++) {
    const from = ((row + line) * width + col) * channels;
    patch.set(data.subarray(from, from + size * channels), line * size * channels);
  }
  return { shape: [size, size, channels], data: patch };
}
