/**
 * The S-curve: a raster scan that turns round at the end of each line, so that each step goes to a neighbour.
 *
 *     s-curve-top-left-row     s-curve-top-left-column
 *           0 1 2                     0 5 6
 *           5 4 3                     1 4 7
 *           6 7 8                     2 3 8
 *
 * [1] Jain, Abbeel, Pathak. Locally Masked Convolution for Autoregressive Models. UAI 2020.
 */
import type { Ordering } from './ordering.js';
import { orderingFromRanks } from './ordering-from-ranks.js';
import { checkCorner, checkMajor, goesDown, goesRight, type Corner, type Major } from './raster-ordering.js';

/**
 * @throws RangeError when corner or major is none of the known words
 * @example sCurveOrdering('top-left', 'row').rank(2, 3); // Int32Array [0, 1, 2, 5, 4, 3]
 * @see [1]
 */
export function sCurveOrdering(corner: Corner, major: Major): Ordering {
  checkCorner('sCurveOrdering', corner);
  checkMajor('sCurveOrdering', major);
  return orderingFromRanks(`s-curve-${corner}-${major}`, (height, width) => {
    const length = major === 'row' ? width : height;
    return Int32Array.from({ length: height * width }, (_, position) => {
      const [row, column] = [Math.floor(position / width), position % width];
      const down = goesDown(corner) ? row : height - 1 - row;
      const right = goesRight(corner) ? column : width - 1 - column;
      const [line, along] = major === 'row' ? [down, right] : [right, down];
      return line * length + (line % 2 === 0 ? along : length - 1 - along);
    });
  });
}
