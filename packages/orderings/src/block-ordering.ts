/**
 * A map walked block by block: every position of one square before the first of the next.
 *
 *     blocks:2 on 4 x 5
 *      0  1  4  5  8
 *      2  3  6  7  9
 *     10 11 14 15 18
 *     12 13 16 17 19
 *
 * A position knows all blocks before its own, and of its own block what comes before it there. Blocks at the lower and right
 * border end where the map does.
 */
import type { Ordering } from './ordering.js';
import { orderingFromWalk } from './ordering-from-ranks.js';
import { rasterOrdering } from './raster-ordering.js';

export interface BlockOrderingOptions {
  /** How blocks follow one another. @defaultValue top-left-row */
  readonly among?: Ordering;
  /** How the positions of a block do. @defaultValue top-left-row */
  readonly within?: Ordering;
}

const READING = rasterOrdering('top-left', 'row');

/**
 * @param side - of a block, in positions
 * @throws RangeError when the side is not a positive integer
 * @example blockOrdering(2).rank(2, 3); // Int32Array [0, 1, 4, 2, 3, 5]
 */
export function blockOrdering(
  side: number,
  { among = READING, within = READING }: BlockOrderingOptions = {},
): Ordering {
  if (!Number.isSafeInteger(side) || side < 1) {
    throw new RangeError(`blockOrdering: side must be a positive integer, got ${side}`);
  }
  const usual = among.name === READING.name && within.name === READING.name;
  const name = usual ? `blocks:${side}` : `blocks:${side}(${among.name}, ${within.name})`;
  return orderingFromWalk(name, (height, width) => {
    const columns = Math.ceil(width / side);
    const blocks = walkOf(among.rank(Math.ceil(height / side), columns));
    return blocks.flatMap((block) => {
      const [top, left] = [side * Math.floor(block / columns), side * (block % columns)];
      const [rows, across] = [Math.min(side, height - top), Math.min(side, width - left)];
      const inBlock = walkOf(within.rank(rows, across));
      return inBlock.map((at) => (top + Math.floor(at / across)) * width + left + (at % across));
    });
  });
}

/** Positions in the order of their turns. */
function walkOf(turns: Int32Array): number[] {
  const positions: number[] = [];
  turns.forEach((turn, position) => (positions[turn] = position));
  return positions;
}
