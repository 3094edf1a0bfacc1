/**
 * Which class each cluster stands for, when the clusters were learned without labels.
 *
 * One to one is the protocol of [1] and [2]: the assignment that gets most pixels right. Majority (many to one) suits more
 * clusters than classes; its scores can only be higher, and are not comparable with those of one to one.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019.
 */
import { munkres } from 'munkres';
import type { ConfusionMatrix } from './confusion-matrix.js';

/** 'one-to-one': no two clusters have one class (Hungarian method); 'majority': each its most frequent class. */
export type Matching = 'one-to-one' | 'majority';

/** Both ways to match. */
export const MATCHINGS: readonly Matching[] = ['one-to-one', 'majority'];

/**
 * The class of each cluster.
 *
 * One to one, more clusters than classes leave clusters unmatched, fewer leave classes unmatched. By majority, the lowest of
 * equal classes wins and an empty cluster is unmatched. The same matrix always gives the same matching.
 *
 * @returns [clusters], the class of each cluster, -1 where unmatched
 * @throws RangeError when matching is neither word
 * @example matchClusters(new ConfusionMatrix(2, 2).add([0, 0, 1], [1, 1, 0]), 'one-to-one'); // Int32Array [1, 0]
 */
export function matchClusters(confusion: ConfusionMatrix, matching: Matching): Int32Array {
  switch (matching) {
    case 'one-to-one':
      return oneToOne(confusion);
    case 'majority':
      return majority(confusion);
    default:
      throw new RangeError(`matchClusters: matching must be 'one-to-one' or 'majority', got '${String(matching)}'`);
  }
}

function oneToOne({ clusters, classes, counts }: ConfusionMatrix): Int32Array {
  const costs = Array.from({ length: clusters }, (_, cluster) =>
    counts.subarray(cluster * classes, (cluster + 1) * classes).map((count) => -count),
  );
  const matching = new Int32Array(clusters).fill(-1);
  for (const [cluster, classId] of munkres(costs)) matching[cluster] = classId;
  return matching;
}

function majority({ clusters, classes, counts }: ConfusionMatrix): Int32Array {
  return Int32Array.from({ length: clusters }, (_, cluster) => {
    const row = counts.subarray(cluster * classes, (cluster + 1) * classes);
    const most = Math.max(...row);
    return most === 0 ? -1 : row.indexOf(most);
  });
}
