/**
 * Overclusters merged into as many clusters as are wanted, in the place of a main head that does without one of its own.
 *
 * A main head gains information by cutting one thing in two that differs from place to place, and may leave a cluster all
 * but empty for it: the user asked for K clusters, and gets fewer. Overclusters, which have clusters to spare, hold such
 * things apart, and merged by their tree (overcluster-tree.ts) fill all K. Where a main head uses all of its clusters, it is
 * the better partition as a rule (docs/results.md).
 */
import type { Dataset } from '@autoregseg/data';
import { clusterTree, cutTree } from '@autoregseg/evaluation';
import { jointDistribution } from '@autoregseg/losses';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { meetings, meetingsOfGroups } from './meetings.js';
import { nearMeetings } from './overcluster-tree.js';
import type { SegmenterModel } from './segmenter.js';

/** A cluster with less than this part of an even share is hardly used: 1/4 of 1/K. */
const HARDLY_USED = 1 / 4;

/**
 * @param model - with the main head that is the alternative
 * @param dataset - of what the network sees: images at their working size, or feature maps
 * @param groups - of images of like light, at most; 1 counts all images together
 * @returns [overclusters] the cluster of each; undefined where the main head uses all of its clusters, or the model has fewer
 * overclusters than clusters
 * @throws RangeError when none of the images can be read
 */
export async function betterMerged(
  model: SegmenterModel,
  dataset: Dataset,
  groups: number,
): Promise<Int32Array | undefined> {
  const { clusters } = model;
  if (!hasOverclustersFor(model)) return undefined;
  return mergedWhereHardlyUsed(await countMeetings(model, dataset, groups), clusters);
}

/** Whether there are as many overclusters as clusters, at least. */
export function hasOverclustersFor({ network, clusters }: SegmenterModel): boolean {
  return (network.config.heads[OVERCLUSTERING_HEAD] ?? 0) >= clusters;
}

/** How often clusters meet under two orderings, a table for each group of images. */
export interface Counted {
  /** [overclusters * overclusters], at each of several distances. */
  readonly over: readonly Float32Array[];
  /** [clusters * clusters] of the main head, at one position. */
  readonly main: readonly Float32Array[];
}

/** @param model - with overclusters, and the main head beside them; images and errors as of `betterMerged` */
export async function countMeetings(
  model: Pick<SegmenterModel, 'network' | 'statistics' | 'head'>,
  dataset: Dataset,
  groups: number,
): Promise<Counted> {
  const [main, ...over] = await meetingsOfGroups(model, dataset, groups, (maps) => [
    meetings(maps[model.head], jointDistribution),
    ...nearMeetings(maps[OVERCLUSTERING_HEAD]),
  ]);
  return { over: over.flat(), main };
}

/** @returns [overclusters] the cluster of each; undefined where the main head uses all of its clusters, or merged ones are no fuller */
export function mergedWhereHardlyUsed({ over, main }: Counted, clusters: number): Int32Array | undefined {
  const least = smallestShare(main, clusters);
  if (least >= HARDLY_USED) return undefined;
  const groups = cutTree(clusterTree(...over), clusters);
  const merged = new Float64Array(clusters);
  sharesOf(over, groups.length).forEach((share, overcluster) => (merged[groups[overcluster]] += share));
  return clusters * Math.min(...merged) > least ? groups : undefined;
}

/** What the smallest of K clusters has of the even share 1/K: 1 where all have as much, 0 where one has nothing. */
export function smallestShare(main: Counted['main'], clusters: number): number {
  return clusters * Math.min(...sharesOf(main, clusters));
}

/** The part of all positions that each cluster has, [clusters]: sums of rows over all tables. */
function sharesOf(tables: readonly Float32Array[], clusters: number): Float64Array {
  const shares = new Float64Array(clusters);
  for (const table of tables) table.forEach((count, at) => (shares[Math.floor(at / clusters)] += count));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}
