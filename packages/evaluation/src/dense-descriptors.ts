/**
 * Dense descriptors like SIFT's [1], without scale and rotation: histograms of the directions of gradients around places
 * of a regular grid.
 *
 * Around each place lie 4 x 4 cells of 4 x 4 pixels, each with 8 directions: 128 numbers, of length 1, none above 0.2
 * before they are scaled to length 1 again. Sizes are for images of 100 to 200 pixels a side.
 *
 * [1] Lowe. Distinctive Image Features from Scale-Invariant Keypoints. IJCV 2004.
 * Differs from [1]: places on a grid instead of extrema, one scale, upright, no weights by distance.
 */
import type { Image } from './image.js';

/** Side of a cell, and the distance of places, in pixels. */
const CELL = 4;
const CELLS = 4;
const DIRECTIONS = 8;
const LARGEST = 0.2;

/**
 * @param image - [H, W, C]; the mean over channels is described
 * @returns [floor(H / 4), floor(W / 4), 128]
 * @throws RangeError when a side is less than 4
 */
export function denseDescriptors(image: Image): Image {
  const [height, width] = image.shape;
  if (height < CELL || width < CELL) {
    throw new RangeError(`denseDescriptors: sides must be at least ${CELL} pixels, got ${height} x ${width}`);
  }
  const [rows, columns] = [Math.floor(height / CELL), Math.floor(width / CELL)];
  const cells = cellHistograms(greyOf(image), height, width);
  const size = CELLS * CELLS * DIRECTIONS;
  const data = new Float32Array(rows * columns * size);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const descriptor = data.subarray((r * columns + c) * size, (r * columns + c + 1) * size);
      gather(cells, rows, columns, r, c, descriptor);
      limit(descriptor);
    }
  }
  return { shape: [rows, columns, size], data };
}

function greyOf({ shape, data }: Image): Float32Array {
  const channels = shape[2];
  return Float32Array.from({ length: shape[0] * shape[1] }, (_, pixel) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data[pixel * channels + channel];
    return sum / channels;
  });
}

/** [rows, columns, 8]: lengths of the gradients in each cell, shared between the two nearest directions. */
function cellHistograms(grey: Float32Array, height: number, width: number): Float32Array {
  const [rows, columns] = [Math.floor(height / CELL), Math.floor(width / CELL)];
  const histograms = new Float32Array(rows * columns * DIRECTIONS);
  const at = (r: number, c: number) =>
    grey[Math.min(Math.max(r, 0), height - 1) * width + Math.min(Math.max(c, 0), width - 1)];
  for (let r = 0; r < rows * CELL; r++) {
    for (let c = 0; c < columns * CELL; c++) {
      const down = at(r + 1, c) - at(r - 1, c);
      const right = at(r, c + 1) - at(r, c - 1);
      const turn = ((Math.atan2(down, right) / (2 * Math.PI) + 1) % 1) * DIRECTIONS;
      const [lower, share] = [Math.floor(turn), turn % 1];
      const cell = (Math.floor(r / CELL) * columns + Math.floor(c / CELL)) * DIRECTIONS;
      const strength = Math.hypot(down, right);
      histograms[cell + (lower % DIRECTIONS)] += strength * (1 - share);
      histograms[cell + ((lower + 1) % DIRECTIONS)] += strength * share;
    }
  }
  return histograms;
}

/** The cells around a place, two before it and one after, those outside of the image left at 0. */
function gather(cells: Float32Array, rows: number, columns: number, row: number, column: number, out: Float32Array) {
  for (let i = 0; i < CELLS; i++) {
    for (let j = 0; j < CELLS; j++) {
      const [r, c] = [row + i - CELLS / 2, column + j - CELLS / 2];
      if (r < 0 || r >= rows || c < 0 || c >= columns) continue;
      const cell = (r * columns + c) * DIRECTIONS;
      out.set(cells.subarray(cell, cell + DIRECTIONS), (i * CELLS + j) * DIRECTIONS);
    }
  }
}

function limit(descriptor: Float32Array): void {
  toUnitLength(descriptor);
  for (let i = 0; i < descriptor.length; i++) descriptor[i] = Math.min(descriptor[i], LARGEST);
  toUnitLength(descriptor);
}

function toUnitLength(values: Float32Array): void {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  if (length > 0) for (let i = 0; i < values.length; i++) values[i] /= length;
}
