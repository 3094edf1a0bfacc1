/**
 * Orderings by the names they carry: for configurations, command lines and messages.
 */
import { blockOrdering } from './block-ordering.js';
import { diagonalOrdering } from './diagonal-ordering.js';
import { hilbertOrdering } from './hilbert-ordering.js';
import type { Ordering } from './ordering.js';
import { randomOrdering } from './random-ordering.js';
import { CORNERS, MAJORS, RASTER_ORDERINGS } from './raster-ordering.js';
import { sCurveOrdering } from './s-curve-ordering.js';
import { spiralOrdering } from './spiral-ordering.js';

const NAMED: ReadonlyMap<string, Ordering> = new Map(
  [
    ...RASTER_ORDERINGS,
    ...CORNERS.flatMap((corner) => MAJORS.map((major) => sCurveOrdering(corner, major))),
    ...CORNERS.map(diagonalOrdering),
    spiralOrdering(),
    hilbertOrdering(),
  ].map((ordering) => [ordering.name, ordering]),
);

/** Every name that `orderingByName` takes, `blocks:<side>` and `random:<seed>` apart. */
export const ORDERING_NAMES: readonly string[] = Object.freeze([...NAMED.keys()]);

/**
 * @param name - one of `ORDERING_NAMES`, `blocks:` and the side of a block, or `random:` and an integer seed
 * @throws RangeError that holds the name and the known ones
 * @example orderingByName('random:7').rank(1, 3); // a permutation of 0, 1, 2
 */
export function orderingByName(name: string): Ordering {
  const named = NAMED.get(name);
  if (named !== undefined) return named;
  const side = /^blocks:([1-9]\d*)$/.exec(name)?.[1];
  if (side !== undefined) return blockOrdering(Number(side));
  const seed = /^random:(-?\d+)$/.exec(name)?.[1];
  if (seed !== undefined) return randomOrdering(Number(seed));
  throw new RangeError(
    `orderingByName: no ordering is called '${name}'; known: ${ORDERING_NAMES.join(', ')}, blocks:<side>, random:<seed>`,
  );
}
