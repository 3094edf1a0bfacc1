/** How often the clusters of a head meet those of another ordering, counted image by image, labels unseen. */
import type { Dataset } from '@autoregseg/data';
import { RASTER_ORDERINGS } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { brightnessOf, lightGroups } from '../training/light-groups.js';
import { spreadWindows } from './dataset-part.js';
import { headMaps, type HeadMaps } from './head-maps.js';
import type { SegmenterModel } from './segmenter.js';

/** Two maps of probabilities, [N, h, w, K] -> [K, K], symmetric, sums to 1, or to 0 where no pair of positions counts. */
export type Joint = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor2D;

/**
 * Tables of each image, summed over groups of images of like light.
 *
 * @param dataset - of what the network sees: images at their working size, or feature maps
 * @param groups - at most; 1 counts all images together
 * @param tablesOf - some tables of one image, of any size
 * @returns [table][group], in the order of `tablesOf`
 * @throws RangeError when none of the images can be read
 */
export async function meetingsOfGroups(
  model: Pick<SegmenterModel, 'network' | 'statistics'>,
  dataset: Dataset,
  groups: number,
  tablesOf: (maps: Readonly<Record<string, HeadMaps>>) => readonly Float32Array[],
): Promise<Float32Array[][]> {
  const tables: (readonly Float32Array[])[] = [];
  const brightness: number[] = [];
  for await (const { image, valid } of spreadWindows(dataset)) {
    brightness.push(brightnessOf({ images: image.data, shape: [1, ...image.shape], valid }, model.statistics)[0]);
    // A window has the scale of its image already.
    tables.push(tablesOf(await headMaps({ ...model, working: {} }, image)));
  }
  if (tables.length === 0) throw new RangeError('meetingsOfGroups: there must be images to look at, got none');
  return tables[0].map((_, table) =>
    sumsOfGroups(
      tables.map((ofImage) => ofImage[table]),
      Float32Array.from(brightness),
      groups,
    ),
  );
}

/**
 * How often clusters k and l meet in one image, over all pairs of different orderings: [K * K], sums to its positions, or to 0
 * where no pair of positions counts.
 *
 * Of R orderings p_r with mean m, sum over r != s of J(p_r, p_s) = R^2 J(m, m) - sum over r of J(p_r, p_r).
 */
export function meetings({ orderings, height, width, clusters }: HeadMaps, joint: Joint): Float32Array {
  const count = RASTER_ORDERINGS.length;
  return tf.tidy(() => {
    const maps = tf.tensor4d(orderings, [count, height, width, clusters]);
    const mean = tf.mean<tf.Tensor4D>(maps, 0, true);
    const all = tf.mul(count ** 2, joint(mean, mean));
    const same = tf.mul(count, joint(maps, maps));
    // A difference of sums may leave a hair below zero where nothing is.
    const different = tf.relu(tf.sub(all, same));
    return tf.mul(different, (height * width) / (count ** 2 - count)).dataSync<'float32'>();
  });
}

function sumsOfGroups(tables: readonly Float32Array[], brightness: Float32Array, groups: number): Float32Array[] {
  return tf.tidy(() => {
    const ofImages = tf.stack(tables.map((table) => tf.tensor1d(table))) as tf.Tensor2D; // [N, K * K]
    const ofGroups = tf.matMul(lightGroups(brightness, groups), ofImages); // [G, K * K]
    return tf.unstack(ofGroups).map((table) => table.dataSync<'float32'>());
  });
}
