/**
 * Any ordering at all, from a function that gives the turns.
 */
import { checkMapSize, type Ordering } from './ordering.js';

/**
 * An ordering whose turns are checked each time they are asked for.
 *
 * @param ranks - height and width to [height * width] turns, `turns[row * width + column]`, each of 0 ... height * width - 1 once
 * @throws RangeError, when the turns are asked for, if they are no permutation or the size is not positive
 * @example
 * const backwards = orderingFromRanks('backwards', (h, w) => Int32Array.from({ length: h * w }, (_, i) => h * w - 1 - i));
 * backwards.rank(1, 3); // Int32Array [2, 1, 0]
 */
export function orderingFromRanks(name: string, ranks: (height: number, width: number) => Int32Array): Ordering {
  return Object.freeze({
    name,
    rank: (height: number, width: number) => {
      checkMapSize(`rank of ${name}`, height, width);
      const turns = ranks(height, width);
      checkPermutation(name, turns, height, width);
      return turns;
    },
  });
}

/**
 * An ordering from the walk itself: positions in the order in which they are visited.
 *
 * @param visit - height and width to positions `row * width + column`, the first visited first
 */
export function orderingFromWalk(name: string, visit: (height: number, width: number) => ArrayLike<number>): Ordering {
  return orderingFromRanks(name, (height, width) => {
    const turns = new Int32Array(height * width);
    const positions = visit(height, width);
    for (let turn = 0; turn < positions.length; turn++) turns[positions[turn]] = turn;
    return turns;
  });
}

function checkPermutation(name: string, turns: Int32Array, height: number, width: number): void {
  const positions = height * width;
  if (turns.length !== positions) {
    throw new RangeError(
      `rank of ${name}: ${height} x ${width} positions need ${positions} turns, got ${turns.length}`,
    );
  }
  const taken = new Uint8Array(positions);
  for (const turn of turns) {
    if (taken[turn] !== 0) {
      throw new RangeError(
        `rank of ${name}: each turn of 0 ... ${positions - 1} must come once, got ${turn} again or outside`,
      );
    }
    taken[turn] = 1;
  }
}
