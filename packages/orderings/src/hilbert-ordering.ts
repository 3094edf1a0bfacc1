/**
 * Hilbert's curve for maps of any size: positions near in turn are near on the map.
 *
 * A rectangle is cut into two along its long side, or into three as Hilbert's square is, until it is a line; cuts are
 * moved to even places, so that the end of each part touches the start of the next. Each step goes to a neighbour, but for
 * one diagonal step where the long side is odd and the other even.
 *
 *     on 4 x 4:    0  1 14 15
 *                  3  2 13 12
 *                  4  7  8 11
 *                  5  6  9 10
 *
 * [1] Cerveny. Generalized Hilbert space-filling curve for rectangular domains of arbitrary size. 2018 (the method).
 * [2] Jain, Abbeel, Pathak. Locally Masked Convolution for Autoregressive Models. UAI 2020 (the use).
 */
import type { Ordering } from './ordering.js';
import { orderingFromWalk } from './ordering-from-ranks.js';

type Vector = readonly [row: number, column: number];

/**
 * @example hilbertOrdering().rank(2, 3); // Int32Array [0, 3, 4, 1, 2, 5]
 * @see [1]
 */
export function hilbertOrdering(): Ordering {
  return orderingFromWalk('hilbert', (height, width) => {
    const positions: number[] = [];
    const down: Vector = [height, 0];
    const right: Vector = [0, width];
    const visit = ([row, column]: Vector) => positions.push(row * width + column);
    if (width >= height) walk([0, 0], right, down, visit);
    else walk([0, 0], down, right, visit);
    return positions;
  });
}

/** Visits the rectangle that `along` (the main direction) and `across` span from `start`. */
function walk(start: Vector, along: Vector, across: Vector, visit: (position: Vector) => void): void {
  const [long, wide] = [size(along), size(across)];
  const [forward, aside] = [unit(along), unit(across)];
  if (wide === 1 || long === 1) {
    const [step, count] = wide === 1 ? [forward, long] : [aside, wide];
    for (let index = 0; index < count; index++) visit(add(start, times(step, index)));
    return;
  }
  if (2 * long > 3 * wide) {
    const first = halved(along, forward, long > 2);
    walk(start, first, across, visit);
    walk(add(start, first), subtract(along, first), across, visit);
    return;
  }
  const up = halved(across, aside, wide > 2);
  const half = times(forward, Math.floor(long / 2));
  walk(start, up, half, visit);
  walk(add(start, up), along, subtract(across, up), visit);
  const end = add(add(start, subtract(along, forward)), subtract(up, aside));
  walk(end, negative(up), negative(subtract(along, half)), visit);
}

/** Half of a vector, in whole steps; an odd half is made one longer where there is room. */
function halved(vector: Vector, step: Vector, room: boolean): Vector {
  const half = Math.floor(size(vector) / 2);
  return times(step, half % 2 === 1 && room ? half + 1 : half);
}

const size = ([row, column]: Vector) => Math.abs(row + column); // one of the two is 0
const unit = ([row, column]: Vector): Vector => [Math.sign(row), Math.sign(column)];
const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1]];
const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1]];
const negative = ([row, column]: Vector): Vector => [-row, -column];
const times = ([row, column]: Vector, factor: number): Vector => [row * factor, column * factor];
