/**
 * Orderings as a source of views for any method that learns by comparing two views of one input.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Ordering, View } from './ordering.js';
import { checkPairing, pairOrderings, type PairingOptions } from './pairing.js';
import { RASTER_ORDERINGS } from './raster-ordering.js';

export interface OrderingViewsOptions extends Omit<PairingOptions, 'random'> {
  /** Seed of the pairs, an integer. */
  readonly seed: number;
}

export interface OrderingViews<T> {
  readonly a: T;
  readonly b: T;
  /** The orderings that `a` and `b` were made with. */
  readonly views: readonly [Ordering, Ordering];
}

/**
 * Makes a function that encodes its input twice, through the two orderings of a newly drawn pair.
 *
 * A trainer that must save and restore the stream of pairs calls `pairOrderings` with a generator of its own.
 *
 * @param encode - any encoder that takes a view; its outputs are passed on as they are
 * @throws RangeError when pairs cannot be drawn so
 * @example
 * const views = orderingViews((x, view) => maskedConv2d(x, kernel, view), { seed: 1 });
 * const { a, b } = views(x); // two looks at x
 */
export function orderingViews<X, T>(
  encode: (x: X, view: View) => T,
  options: OrderingViewsOptions,
): (x: X) => OrderingViews<T> {
  const { orderings = RASTER_ORDERINGS, pairing = 'distinct', seed } = options;
  if (!Number.isSafeInteger(seed)) throw new RangeError(`orderingViews: seed must be an integer, got ${seed}`);
  checkPairing(orderings, pairing);
  const random = xoroshiro128plus(seed);
  return (x) => {
    const [first, second] = pairOrderings({ orderings, pairing, random });
    return { a: encode(x, first), b: encode(x, second), views: [first, second] };
  };
}
