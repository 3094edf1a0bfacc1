/**
 * The tree over a model's overclusters, of how often they meet under two orderings on images without labels.
 *
 * Two overclusters meet at one position or at neighbouring ones: what lies side by side is more often one thing than not.
 * Information is that within groups of images of like light, as in training (light-groups.ts): by day and at dusk one thing
 * has overclusters of its own, which only within a group are seen to mean the same.
 */
import type { Dataset } from '@autoregseg/data';
import { clusterTree, type ClusterTree } from '@autoregseg/evaluation';
import { jointDistribution } from '@autoregseg/losses';
import type * as tf from '@tensorflow/tfjs-core';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { meetings, meetingsOfGroups } from './meetings.js';
import type { SegmenterModel } from './segmenter.js';

/** Half side of the square of positions that count as neighbours. */
const NEIGHBOURS = 1;

/**
 * @param dataset - of what the network sees: images at their working size, or feature maps
 * @param groups - of images of like light, at most; 1 counts all images together
 * @throws RangeError when none of the images can be read
 */
export async function overclusterTree(model: SegmenterModel, dataset: Dataset, groups: number): Promise<ClusterTree> {
  const [tables] = await meetingsOfGroups(model, dataset, groups, (maps) => [
    meetings(maps[OVERCLUSTERING_HEAD], sideBySide),
  ]);
  return clusterTree(...tables);
}

/** The joint distribution at one position and its neighbours. */
export function sideBySide(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor2D {
  const [, height, width] = a.shape;
  return jointDistribution(a, b, { halfWindow: Math.min(NEIGHBOURS, height - 1, width - 1) });
}
