/**
 * The main heads' maps as images of one batch, in a group for each head: what is computed of each head is computed of all at
 * once. Each works on small tables, which take longer to call than to compute.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ViewMaps } from './objective.js';

/** The maps [N, h, w, K] of H heads, one head after the other: [H N, h, w, K]. */
export function headsAsBatch(maps: ViewMaps, heads: readonly string[]): tf.Tensor4D {
  return tf.concat4d(
    heads.map((head) => maps[head]),
    0,
  );
}

/** A mask of the images [N, h, w] for each head: [H N, h, w]. */
export function maskOfEachHead(mask: tf.Tensor3D | undefined, heads: number): tf.Tensor3D | undefined {
  return mask && tf.tile(mask, [heads, 1, 1]);
}

/** Groups of the images [G, N], in each head's maps by themselves: [H G, H N], a head's groups after those of the one before. */
export function groupsOfEachHead(groups: tf.Tensor2D, heads: number): tf.Tensor2D {
  const [count, images] = groups.shape;
  return tf.tidy(() => {
    const ofHeads = tf.mul(tf.reshape(tf.eye(heads), [heads, 1, heads, 1]), tf.reshape(groups, [1, count, 1, images]));
    return tf.reshape(ofHeads, [heads * count, heads * images]);
  });
}
