/**
 * Overclusters merged into as many clusters as are wanted, where they are the better partition: chosen without labels.
 *
 * A main head is trained for the information of positions a few pixels from each other, and where few clusters have to do
 * it gains some by cutting one thing in two that differs from place to place. Overclusters merged by their tree
 * (overcluster-tree.ts) hold less of it, and yet may follow what there is more closely: then they tell clearly more of
 * what lies a little further away, where such differences no longer help (docs/results.md).
 */
import type { Dataset } from '@autoregseg/data';
import { clusterTree, cutTree } from '@autoregseg/evaluation';
import { jointDistribution } from '@autoregseg/losses';
import * as tf from '@tensorflow/tfjs-core';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { meetings, meetingsOfGroups } from './meetings.js';
import { sideBySide } from './overcluster-tree.js';
import { grouped, type SegmenterModel } from './segmenter.js';

/** Positions between two that are a little further away. */
const APART = 3;

/** How many times as much information merged overclusters must hold: about as much is no sign (docs/results.md). */
const CLEARLY_MORE = 1.03;

/**
 * @param model - with the main head that is the alternative
 * @param dataset - of what the network sees: images at their working size, or feature maps
 * @param groups - of images of like light, at most; 1 counts all images together
 * @returns [overclusters] the cluster of each; undefined where that does not tell clearly more than the main head, or the model has fewer overclusters
 * than clusters
 * @throws RangeError when none of the images can be read
 */
export async function betterMerged(
  model: SegmenterModel,
  dataset: Dataset,
  groups: number,
): Promise<Int32Array | undefined> {
  const { head, clusters, network } = model;
  if ((network.config.heads[OVERCLUSTERING_HEAD] ?? 0) < clusters) return undefined;
  const [near, apartOver, apartMain] = await meetingsOfGroups(model, dataset, groups, (maps) => [
    meetings(maps[OVERCLUSTERING_HEAD], sideBySide),
    meetings(maps[OVERCLUSTERING_HEAD], apart),
    meetings(maps[head], apart),
  ]);
  return mergedWhereBetter({ near, apart: apartOver, apartMain }, clusters);
}

/** Tables of each group of images. */
export interface Counted {
  /** [overclusters * overclusters], of positions side by side. */
  readonly near: readonly Float32Array[];
  /** The same of positions a little further away. */
  readonly apart: readonly Float32Array[];
  /** [clusters * clusters] of the main head, of the latter positions. */
  readonly apartMain: readonly Float32Array[];
}

/** @returns [overclusters] the cluster of each; undefined where that does not tell clearly more than the main head */
export function mergedWhereBetter({ near, apart, apartMain }: Counted, clusters: number): Int32Array | undefined {
  const groups = cutTree(clusterTree(...near), clusters);
  const merged = apart.map((table) => mergedTable(table, { groups, clusters }));
  return informationWithin(merged) > CLEARLY_MORE * informationWithin(apartMain) ? groups : undefined;
}

/** The joint distribution of positions that lie APART rows or columns from each other. */
export function apart(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor2D {
  return tf.tidy(() => {
    const [count, height, width, clusters] = a.shape;
    const [rows, columns] = [Math.max(0, height - APART), Math.max(0, width - APART)];
    const pairs = rows * width + height * columns;
    const down = [count, rows, width, clusters] as const;
    const right = [count, height, columns, clusters] as const;
    const tables = [
      ...(rows > 0 ? [tf.mul((rows * width) / pairs, shifted(a, b, [APART, 0], down))] : []),
      ...(columns > 0 ? [tf.mul((height * columns) / pairs, shifted(a, b, [0, APART], right))] : []),
    ] as tf.Tensor2D[];
    return tables.length > 0 ? tf.addN(tables) : tf.zeros([clusters, clusters]);
  });
}

function shifted(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  [down, right]: readonly [number, number],
  shape: readonly [number, number, number, number],
): tf.Tensor2D {
  const part = (map: tf.Tensor4D, begin: [number, number, number, number]) => tf.slice(map, begin, [...shape]);
  return jointDistribution(part(a, [0, 0, 0, 0]), part(b, [0, down, right, 0]));
}

/** Rows and columns of overclusters that are one cluster, added up: [clusters * clusters]. */
function mergedTable(table: Float32Array, merged: { readonly groups: Int32Array; readonly clusters: number }) {
  const { length } = merged.groups;
  return tf.tidy(() => {
    const rows = grouped(tf.tensor4d(table, [1, 1, length, length]), merged); // [1, 1, leaves, clusters]
    return grouped(tf.transpose(rows, [0, 1, 3, 2]), merged).dataSync<'float32'>();
  });
}

/** Nats; 0 where no pair of positions was counted: maps too small to tell of anything further away. */
function informationWithin(tables: readonly Float32Array[]): number {
  return tables.some((table) => table.some((count) => count > 0)) ? clusterTree(...tables).information : 0;
}
