/**
 * From scores on a coarse grid to the best class of each pixel: bilinear interpolation with half-pixel centres, then the
 * largest.
 *
 * One row of interpolated scores is held at a time, so that a large image costs no more memory than its result.
 */
import type { Image } from './image.js';

export interface ArgMaxMap {
  /** [H * W], the index of the largest score; of equal ones the first. */
  readonly ids: Int32Array;
  /** Mean over pixels of the largest score. */
  readonly meanBest: number;
}

/** Which lines of a larger result are wanted along one axis, and which lines of its grid are at hand. */
export interface AxisPart {
  /** Lines of the whole grid and of the whole result. */
  readonly grid: number;
  readonly result: number;
  /** Line of the whole grid that is the first at hand. */
  readonly origin: number;
  /** First line of the whole result that is wanted. */
  readonly start: number;
}

/**
 * @param scores - [h, w, K]
 * @param height - rows of the result
 * @param width - its columns
 * @param parts - rows and columns, where this is a part of a larger result
 */
export function interpolateArgMax(
  { shape, data }: Image,
  height: number,
  width: number,
  parts?: readonly [rows: AxisPart, columns: AxisPart],
): ArgMaxMap {
  const [gridHeight, gridWidth, classes] = shape;
  const whole = (grid: number, result: number): AxisPart => ({ grid, result, origin: 0, start: 0 });
  const rows = interpolation(height, parts?.[0] ?? whole(gridHeight, height));
  const columns = interpolation(width, parts?.[1] ?? whole(gridWidth, width));
  const ids = new Int32Array(height * width);
  const line = new Float32Array(gridWidth * classes);
  let sum = 0;
  for (let r = 0; r < height; r++) {
    blendRows(data, rows, r, line);
    for (let c = 0; c < width; c++) {
      const low = columns.low[c] * classes;
      const high = columns.high[c] * classes;
      const t = columns.weight[c];
      let best = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classes; k++) {
        const score = line[low + k] * (1 - t) + line[high + k] * t;
        if (score > best) {
          best = score;
          ids[r * width + c] = k;
        }
      }
      sum += best;
    }
  }
  return { ids, meanBest: sum / (height * width) };
}

/** For each output position the two grid positions it lies between and the weight of the second. */
interface Interpolation {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array;
}

function interpolation(length: number, { grid, result, origin, start }: AxisPart): Interpolation {
  const low = new Int32Array(length);
  const high = new Int32Array(length);
  const weight = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const position = gridPosition(start + i, grid, result);
    const before = Math.floor(position);
    low[i] = before - origin;
    high[i] = Math.min(before + 1, grid - 1) - origin;
    weight[i] = position - before;
  }
  return { low, high, weight };
}

/** Where the centre of line i of `result` lies on a grid of `grid` lines, held within them. */
export function gridPosition(i: number, grid: number, result: number): number {
  return Math.min(Math.max(((i + 0.5) * grid) / result - 0.5, 0), grid - 1);
}

function blendRows(data: Float32Array, rows: Interpolation, r: number, line: Float32Array): void {
  const low = rows.low[r] * line.length;
  const high = rows.high[r] * line.length;
  const t = rows.weight[r];
  for (let i = 0; i < line.length; i++) line[i] = data[low + i] * (1 - t) + data[high + i] * t;
}
