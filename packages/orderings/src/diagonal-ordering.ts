/**
 * Diagonal after diagonal, away from a corner; along each, away from the corner's row.
 *
 *     diagonal-top-left
 *          0 1 3
 *          2 4 6
 *          5 7 8
 */
import type { Ordering } from './ordering.js';
import { orderingFromWalk } from './ordering-from-ranks.js';
import { checkCorner, goesDown, goesRight, type Corner } from './raster-ordering.js';

/**
 * @throws RangeError when the corner is none of the four
 * @example diagonalOrdering('top-left').rank(2, 3); // Int32Array [0, 1, 3, 2, 4, 5]
 */
export function diagonalOrdering(corner: Corner): Ordering {
  checkCorner('diagonalOrdering', corner);
  return orderingFromWalk(`diagonal-${corner}`, (height, width) => {
    const positions: number[] = [];
    for (let diagonal = 0; diagonal < height + width - 1; diagonal++) {
      const first = Math.max(0, diagonal - width + 1);
      const last = Math.min(height - 1, diagonal);
      for (let down = first; down <= last; down++) {
        const right = diagonal - down;
        const row = goesDown(corner) ? down : height - 1 - down;
        const column = goesRight(corner) ? right : width - 1 - right;
        positions.push(row * width + column);
      }
    }
    return positions;
  });
}
