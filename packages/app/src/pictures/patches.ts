/**
 * Sample patches: the windows of the images that show best what a cluster holds.
 *
 * Windows are ranked by the share of their pixels that the cluster covers, then by its share in the surroundings, so
 * that the middle of a region comes before its edge; a window counts for less the more its image has given already.
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

/** The best window that overlaps none of the chosen. */
function bestWindow(windows: readonly Window[], chosen: readonly Window[]): Window | undefined {
  let best: Window | undefined;
  let bestScore = 0;
  for (const window of windows) {
    if (window.score <= bestScore) continue;
    const siblings = chosen.filter((other) => other.image === window.image);
    const score = window.score * REPEAT_DISCOUNT ** siblings.length;
    if (score > bestScore && !siblings.some((other) => overlap(window, other))) [best, bestScore] = [window, score];
  }
  return best;
}

function overlap(a: Window, b: Window): boolean {
  return Math.abs(a.row - b.row) < a.size && Math.abs(a.col - b.col) < a.size;
}

/** Windows on a grid of half a side, each with what the cluster covers of it. */
function windowsOf(
  { image, prediction }: SegmentedImage,
  options: { readonly image: number; readonly cluster: number; readonly size?: number },
): Window[] {
  const [height, width] = image.shape;
  const shorter = Math.min(height, width);
  const size = Math.min(shorter, options.size ?? Math.max(16, Math.floor(shorter / 8)));
  const share = coverageOf(prediction, { height, width, cluster: options.cluster });
  const stride = Math.max(1, size >> 1);
  const margin = size >> 1;
  const windows: Window[] = [];
  for (let row = 0; row + size <= height; row += stride) {
    for (let col = 0; col + size <= width; col += stride) {
      const coverage = share(row, col, row + size, col + size);
      if (coverage === 0) continue;
      const around = share(row - margin, col - margin, row + size + margin, col + size + margin);
      windows.push({ image: options.image, row, col, size, coverage, score: coverage + SURROUNDINGS_WEIGHT * around });
    }
  }
  return windows;
}

/** Share of a rectangle (clipped to the image) that the cluster covers, in constant time by a summed-area table. */
function coverageOf(
  prediction: Int32Array,
  { height, width, cluster }: { readonly height: number; readonly width: number; readonly cluster: number },
): (top: number, left: number, bottom: number, right: number) => number {
  const sums = new Int32Array((height + 1) * (width + 1));
  const at = (row: number, col: number) => row * (width + 1) + col;
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++)
      sums[at(row + 1, col + 1)] =
        sums[at(row, col + 1)] +
        sums[at(row + 1, col)] -
        sums[at(row, col)] +
        (prediction[row * width + col] === cluster ? 1 : 0);
  return (top, left, bottom, right) => {
    const [t, b] = [Math.max(0, top), Math.min(height, bottom)];
    const [l, r] = [Math.max(0, left), Math.min(width, right)];
    return (sums[at(b, r)] - sums[at(t, r)] - sums[at(b, l)] + sums[at(t, l)]) / ((b - t) * (r - l));
  };
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
