/**
 * An ordering: the turn of every position of a map, the one thing that all masks are made of.
 *
 * A position sees those whose turn comes before its own. An ordering of a 3x3 map, turns counted from 0, and what the
 * position with turn 4 may see (1) when it sees itself:
 *
 *     0 1 2        1 1 1
 *     3 4 5        1 1 0
 *     6 7 8        0 0 0
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */

/** A way to walk over all positions of a map of any size. */
export interface Ordering {
  /** Unique and stable: it goes into logs, configurations and error messages. */
  readonly name: string;
  /**
   * The turn of each position.
   *
   * @returns [height * width] a permutation of 0 ... height * width - 1; `rank[row * width + column]` is the turn of (row, column)
   */
  rank(height: number, width: number): Int32Array;
}

/** What a masked operation looks through: one ordering, or everything (inference). */
export type View = Ordering | 'unmasked';

/** @throws RangeError when a side is not a positive integer; `name` is the function named in the text */
export function checkMapSize(name: string, height: number, width: number): void {
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1) {
    throw new RangeError(`${name}: height and width must be positive integers, got ${height} x ${width}`);
  }
}
