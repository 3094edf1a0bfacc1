/**
 * Which two orderings a training step looks through.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { oppositeOrdering } from './opposite-ordering.js';
import type { Ordering } from './ordering.js';
import { RASTER_ORDERINGS } from './raster-ordering.js';

/**
 * - 'distinct': two different ones, all pairs equally likely
 * - 'independent': each drawn by itself, so that equal ones happen
 * - 'opposite': one and its twin that walks backwards: they share the current position alone
 * - 'same': one, twice: views that differ by augmentation only
 */
export type Pairing = 'distinct' | 'independent' | 'opposite' | 'same';

/** All pairings. */
export const PAIRINGS: readonly Pairing[] = ['distinct', 'independent', 'opposite', 'same'];

export interface PairingOptions {
  /** What is drawn from. @defaultValue the eight raster orderings */
  readonly orderings?: readonly Ordering[];
  /** @defaultValue 'distinct' */
  readonly pairing?: Pairing;
  /** Is moved on by the draw: a trainer that saves its state goes on with the same pairs. */
  readonly random: RandomGenerator;
}

/**
 * Draws one pair of orderings.
 *
 * @throws RangeError when the pairing is unknown or the orderings are too few or have no opposite
 * @example pairOrderings({ random: xoroshiro128plus(7) }).map(({ name }) => name); // two of the eight
 */
export function pairOrderings({
  orderings = RASTER_ORDERINGS,
  pairing = 'distinct',
  random,
}: PairingOptions): [Ordering, Ordering] {
  checkPairing(orderings, pairing);
  const first = uniformInt(random, 0, orderings.length - 1);
  switch (pairing) {
    case 'distinct': {
      const step = uniformInt(random, 1, orderings.length - 1);
      return [orderings[first], orderings[(first + step) % orderings.length]];
    }
    case 'independent':
      return [orderings[first], orderings[uniformInt(random, 0, orderings.length - 1)]];
    case 'opposite':
      return [orderings[first], oppositeOrdering(orderings[first])];
    case 'same':
      return [orderings[first], orderings[first]];
  }
}

/** @throws RangeError when pairs cannot be drawn so */
export function checkPairing(orderings: readonly Ordering[], pairing: Pairing): void {
  if (!PAIRINGS.includes(pairing)) {
    throw new RangeError(`pairOrderings: pairing must be one of ${PAIRINGS.join(', ')}, got '${String(pairing)}'`);
  }
  const least = pairing === 'distinct' ? 2 : 1;
  if (orderings.length < least) {
    throw new RangeError(`pairOrderings: '${pairing}' needs at least ${least} orderings, got ${orderings.length}`);
  }
}
