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

/**
 * @param scores - [h, w, K]
 * @param height - rows of the result
 * @param width - its columns
 */
export function interpolateArgMax({ shape, data }: Image, height: number, width: number): ArgMaxMap {
  const [gridHeight, gridWidth, classes] = shape;
  const rows = interpolation(gridHeight, height);
  const columns = interpolation(gridWidth, width);
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

function interpolation(from: number, to: number): Interpolation {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const position = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    low[i] = Math.floor(position);
    high[i] = Math.min(low[i] + 1, from - 1);
    weight[i] = position - low[i];
  }
  return { low, high, weight };
}

function blendRows(data: Float32Array, rows: Interpolation, r: number, line: Float32Array): void {
  const low = rows.low[r] * line.length;
  const high = rows.high[r] * line.length;
  const t = rows.weight[r];
  for (let i = 0; i < line.length; i++) line[i] = data[low + i] * (1 - t) + data[high + i] * t;
}
