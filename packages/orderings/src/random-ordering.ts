/**
 * A random walk over all positions, drawn from a seed: the same for the same seed and size.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Ordering } from './ordering.js';
import { orderingFromRanks } from './ordering-from-ranks.js';

/**
 * All permutations are equally likely (Fisher and Yates).
 *
 * @param seed - an integer
 * @throws RangeError when the seed is not an integer
 * @example randomOrdering(7).name; // 'random:7'
 */
export function randomOrdering(seed: number): Ordering {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`randomOrdering: seed must be an integer, got ${seed}`);
  return orderingFromRanks(`random:${seed}`, (height, width) => {
    const random = xoroshiro128plus(seed);
    const turns = Int32Array.from({ length: height * width }, (_, position) => position);
    for (let last = turns.length - 1; last > 0; last--) {
      const other = uniformInt(random, 0, last);
      [turns[last], turns[other]] = [turns[other], turns[last]];
    }
    return turns;
  });
}
