/** Which of many images a report shows: the ones the model is surest of, the ones it is least sure of, some between. */

export type Standing = 'most certain' | 'between' | 'least certain';

export interface SelectedExample {
  /** Place in the list that was given. */
  readonly index: number;
  readonly standing: Standing;
}

/**
 * A third of the most certain, a third of the least certain, and the rest evenly spread over the ranks between.
 *
 * @param certainties - one for each image; equal ones keep their order
 * @param n - how many to choose; all when there are no more
 * @returns from the most to the least certain
 * @throws RangeError when n is not a positive integer
 */
export function selectExamples(certainties: ArrayLike<number>, n: number): SelectedExample[] {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`selectExamples: n must be a positive integer, got ${n}`);
  const ranked = Array.from(certainties, (certainty, index) => ({ certainty, index })).sort(
    (a, b) => b.certainty - a.certainty || a.index - b.index,
  );
  const count = Math.min(n, ranked.length);
  // One image has no opposite; two are one of each.
  const ends = count === 1 ? 0 : Math.max(1, Math.floor(count / 3));
  const between = count - 2 * ends;
  const standings: Standing[] = ranked.map((_, rank) => {
    if (rank < ends) return 'most certain';
    return rank >= ranked.length - ends ? 'least certain' : 'between';
  });
  const middle = ranked.length - 2 * ends;
  const chosen = new Set(Array.from({ length: between }, (_, i) => ends + Math.floor(((i + 0.5) * middle) / between)));
  return ranked.flatMap(({ index }, rank) =>
    standings[rank] !== 'between' || chosen.has(rank) ? [{ index, standing: standings[rank] }] : [],
  );
}
