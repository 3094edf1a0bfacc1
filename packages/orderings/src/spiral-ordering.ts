/**
 * The spiral: from the top left clockwise along the border, then inwards.
 *
 *     0 1 2
 *     7 8 3
 *     6 5 4
 */
import type { Ordering } from './ordering.js';
import { orderingFromWalk } from './ordering-from-ranks.js';

/** @example spiralOrdering().rank(2, 3); // Int32Array [0, 1, 2, 5, 4, 3] */
export function spiralOrdering(): Ordering {
  return orderingFromWalk('spiral', (height, width) => {
    const positions: number[] = [];
    const visit = (row: number, column: number) => positions.push(row * width + column);
    let [top, bottom, left, right] = [0, height - 1, 0, width - 1];
    while (top <= bottom && left <= right) {
      for (let column = left; column <= right; column++) visit(top, column);
      for (let row = top + 1; row <= bottom; row++) visit(row, right);
      // The way back is another one only where the ring has two rows, two columns.
      if (top < bottom) for (let column = right - 1; column >= left; column--) visit(bottom, column);
      if (left < right) for (let row = bottom - 1; row > top; row--) visit(row, left);
      [top, bottom, left, right] = [top + 1, bottom - 1, left + 1, right - 1];
    }
    return positions;
  });
}
