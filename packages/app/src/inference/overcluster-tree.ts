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
import { RASTER_ORDERINGS } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { brightnessOf, lightGroups } from '../training/light-groups.js';
import { spreadImages } from './dataset-part.js';
import { headMaps, type HeadMaps } from './head-maps.js';
import { networkInput, type SegmenterModel } from './segmenter.js';

/** Images that are looked at, at most, spread evenly over the dataset. */
const IMAGES = 100;

/** Half side of the square of positions that count as neighbours. */
const NEIGHBOURS = 1;

/**
 * @param groups - of images of like light, at most; 1 counts all images together
 * @throws RangeError when none of the images can be read
 */
export async function overclusterTree(model: SegmenterModel, dataset: Dataset, groups: number): Promise<ClusterTree> {
  const tables: Float32Array[] = [];
  const brightness: number[] = [];
  for await (const sample of spreadImages(dataset, IMAGES)) {
    const seen = await networkInput(model, sample);
    const valid = seen === sample.image ? sample.valid : undefined;
    brightness.push(brightnessOf({ images: seen.data, shape: [1, ...seen.shape], valid }, model.statistics)[0]);
    tables.push(meetings((await headMaps(model, seen))[OVERCLUSTERING_HEAD]));
  }
  return clusterTree(...sumsOfGroups(tables, Float32Array.from(brightness), groups));
}

/**
 * How often clusters k and l meet in one image, over all pairs of different orderings: [K * K], sums to its positions.
 *
 * Of R orderings p_r with mean m, sum over r != s of J(p_r, p_s) = R^2 J(m, m) - sum over r of J(p_r, p_r).
 */
export function meetings({ orderings, height, width, clusters }: HeadMaps): Float32Array {
  const count = RASTER_ORDERINGS.length;
  const halfWindow = Math.min(NEIGHBOURS, height - 1, width - 1);
  return tf.tidy(() => {
    const maps = tf.tensor4d(orderings, [count, height, width, clusters]);
    const mean = tf.mean<tf.Tensor4D>(maps, 0, true);
    const all = tf.mul(count ** 2, jointDistribution(mean, mean, { halfWindow }));
    const same = tf.mul(count, jointDistribution(maps, maps, { halfWindow }));
    // A difference of sums may leave a hair below zero where nothing is.
    const different = tf.relu(tf.sub(all, same));
    return tf.mul(different, (height * width) / (count ** 2 - count)).dataSync<'float32'>();
  });
}

function sumsOfGroups(tables: readonly Float32Array[], brightness: Float32Array, groups: number): Float32Array[] {
  if (tables.length === 0) throw new RangeError('overclusterTree: there must be images to look at, got none');
  return tf.tidy(() => {
    const ofImages = tf.stack(tables.map((table) => tf.tensor1d(table))) as tf.Tensor2D; // [N, K * K]
    const ofGroups = tf.matMul(lightGroups(brightness, groups), ofImages); // [G, K * K]
    return tf.unstack(ofGroups).map((table) => table.dataSync<'float32'>());
  });
}
