/**
 * Which class each cluster stands for, found from the confusion alone.
 *
 * One to one: the assignment that gets most pixels right (Kuhn 1955, Munkres 1957). Majority: each cluster takes the class
 * it holds most of, so that several clusters may share a class; a score under it grows with K.
 */
import { munkres } from 'munkres';
import type { ConfusionMatrix } from './confusion-matrix.js';

export const MATCHINGS = ['one-to-one', 'majority'] as const;
export type Matching = (typeof MATCHINGS)[number];

/** A cluster that stands for no class. */
export const UNMATCHED = -1;

/**
 * @returns [clusters] class of each cluster, -1 where none: with more clusters than classes one to one, and for a cluster
 *   without a labelled pixel under majority
 * @throws RangeError when the kind of matching is unknown
 */
export function matchClusters(confusion: ConfusionMatrix, matching: Matching): Int32Array {
  switch (matching) {
    case 'one-to-one':
      return assignOneToOne(confusion);
    case 'majority':
      return assignMajority(confusion);
    default:
      throw new RangeError(
        `matchClusters: matching must be one of ${MATCHINGS.join(', ')}, got ${JSON.stringify(matching)}`,
      );
  }
}

function assignOneToOne({ clusters, classes, counts }: ConfusionMatrix): Int32Array {
  const matched = new Int32Array(clusters).fill(UNMATCHED);
  const cost = Array.from({ length: clusters }, (_, k) =>
    Array.from(counts.subarray(k * classes, (k + 1) * classes), (count) => -count),
  );
  for (const [cluster, classId] of munkres(cost)) matched[cluster] = classId;
  return matched;
}

function assignMajority({ clusters, classes, counts }: ConfusionMatrix): Int32Array {
  return Int32Array.from({ length: clusters }, (_, k) => {
    const row = counts.subarray(k * classes, (k + 1) * classes);
    const most = Math.max(...row);
    return most > 0 ? row.indexOf(most) : UNMATCHED;
  });
}
