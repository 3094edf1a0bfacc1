/**
 * The tree over a model's overclusters, of how often they meet under two orderings on images without labels.
 *
 * Two overclusters meet at one position or near each other: what lies side by side is more often one thing than not. How near is
 * a matter of the images, a brick wall or a face of many small things: each of several distances has a table, and what
 * is merged loses least information on average over all.
 * Information is that within groups of images of like light, as in training (light-groups.ts): by day and at dusk one thing
 * has overclusters of its own, which only within a group are seen to mean the same.
 */
import type { Dataset } from '@autoregseg/data';
import { clusterTree, type ClusterTree } from '@autoregseg/evaluation';
import { jointDistribution } from '@autoregseg/losses';
import type * as tf from '@tensorflow/tfjs-core';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import type { HeadMaps } from './head-maps.js';
import { meetings, meetingsOfGroups } from './meetings.js';
import type { SegmenterModel } from './segmenter.js';

/** Half sides of the squares of positions that count as near. */
const NEAR = [0, 1, 2, 3, 5, 8];

/**
 * @param dataset - of what the network sees: images at their working size, or feature maps
 * @param groups - of images of like light, at most; 1 counts all images together
 * @throws RangeError when none of the images can be read
 */
export async function overclusterTree(model: SegmenterModel, dataset: Dataset, groups: number): Promise<ClusterTree> {
  const tables = await meetingsOfGroups(model, dataset, groups, (maps) => nearMeetings(maps[OVERCLUSTERING_HEAD]));
  return clusterTree(...tables.flat());
}

/** How often the clusters of one image meet within each distance: a table for each. */
export function nearMeetings(maps: HeadMaps): Float32Array[] {
  return NEAR.map((halfWindow) => meetings(maps, (a, b) => jointWithin(a, b, halfWindow)));
}

/** The joint distribution of positions at most so far apart; of the whole map where that is smaller. */
export function jointWithin(a: tf.Tensor4D, b: tf.Tensor4D, halfWindow: number): tf.Tensor2D {
  const [, height, width] = a.shape;
  return jointDistribution(a, b, { halfWindow: Math.min(halfWindow, height - 1, width - 1) });
}
