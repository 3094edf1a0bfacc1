/**
 * The eight raster-scan orderings of [1]: from one of four corners, along rows or along columns.
 *
 * Turns on a 3x3 map:
 *
 *     top-left-row    top-left-column    top-right-row    bottom-right-row
 *        0 1 2            0 3 6              2 1 0              8 7 6
 *        3 4 5            1 4 7              5 4 3              5 4 3
 *        6 7 8            2 5 8              8 7 6              2 1 0
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import { checkMapSize, type Ordering } from './ordering.js';

/** Where the walk starts. */
export type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';

/** The axis walked first: 'row' = along a row. */
export type Major = 'row' | 'column';

/** An ordering whose mask is the same at every position, so that one convolution kernel serves them all. */
export interface RasterOrdering extends Ordering {
  readonly corner: Corner;
  readonly major: Major;
}

/** The four corners, in the order of `RASTER_ORDERINGS`. */
export const CORNERS: readonly Corner[] = ['top-left', 'top-right', 'bottom-left', 'bottom-right'];

/** The two axes, in the order of `RASTER_ORDERINGS`. */
export const MAJORS: readonly Major[] = ['row', 'column'];

/**
 * The raster-scan ordering from a corner along an axis, named `corner-major`.
 *
 * @throws RangeError when corner or major is none of the known words
 * @example rasterOrdering('top-right', 'row').rank(2, 3); // Int32Array [2, 1, 0, 5, 4, 3]
 */
export function rasterOrdering(corner: Corner, major: Major): RasterOrdering {
  checkCorner('rasterOrdering', corner);
  checkMajor('rasterOrdering', major);
  return Object.freeze({
    name: `${corner}-${major}`,
    corner,
    major,
    rank: (height: number, width: number) => rasterRank(corner, major, height, width),
  });
}

/** All eight; the first is top-left-row, that of reading. */
export const RASTER_ORDERINGS: readonly RasterOrdering[] = Object.freeze(
  CORNERS.flatMap((corner) => MAJORS.map((major) => rasterOrdering(corner, major))),
);

/** True for an ordering made by `rasterOrdering`, by whichever copy of this package. */
export function isRasterOrdering(ordering: Ordering): ordering is RasterOrdering {
  const { corner, major } = ordering as Partial<RasterOrdering>;
  return CORNERS.includes(corner as Corner) && MAJORS.includes(major as Major);
}

/** @throws RangeError when corner is none of the four; `name` is the function named in the text */
export function checkCorner(name: string, corner: Corner): void {
  if (!CORNERS.includes(corner)) {
    throw new RangeError(`${name}: corner must be one of ${CORNERS.join(', ')}, got '${String(corner)}'`);
  }
}

/** @throws RangeError when major is none of the two; `name` is the function named in the text */
export function checkMajor(name: string, major: Major): void {
  if (!MAJORS.includes(major)) {
    throw new RangeError(`${name}: major must be one of ${MAJORS.join(', ')}, got '${String(major)}'`);
  }
}

/** True when the walk from this corner goes down; else it goes up. */
export function goesDown(corner: Corner): boolean {
  return corner === 'top-left' || corner === 'top-right';
}

/** True when the walk from this corner goes to the right; else it goes to the left. */
export function goesRight(corner: Corner): boolean {
  return corner === 'top-left' || corner === 'bottom-left';
}

function rasterRank(corner: Corner, major: Major, height: number, width: number): Int32Array {
  checkMapSize(`rank of ${corner}-${major}`, height, width);
  const ranks = new Int32Array(height * width);
  for (let row = 0; row < height; row++) {
    const down = goesDown(corner) ? row : height - 1 - row;
    for (let column = 0; column < width; column++) {
      const along = goesRight(corner) ? column : width - 1 - column;
      ranks[row * width + column] = major === 'row' ? down * width + along : along * height + down;
    }
  }
  return ranks;
}
