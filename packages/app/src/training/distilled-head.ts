/**
 * What the eight orderings agree on, taught to a linear head of the pass without a mask [1].
 *
 * Training never sees the pass that segments: its heads are learned from views of which each sees half of the surroundings.
 * The mean of the eight orderings, smoothed along the edges of the image, is the better segmentation, at several times the
 * cost. A linear head learns it from the features of the pass without a mask, labels unseen: by softmax regression on the
 * most likely cluster of each position. What a linear function of the features cannot follow, such as single positions that
 * the teacher has wrong, is left out: the pupil is better than its teacher's own pass (docs/results.md).
 *
 * [1] Hinton, Vinyals, Dean. Distilling the Knowledge in a Neural Network. 2015.
 */
import type { Dataset, RasterImage } from '@autoregseg/data';
import { labelledPoints, linearClassifier, sampleFeatures } from '@autoregseg/evaluation';
import * as tf from '@tensorflow/tfjs-core';
import { spreadWindows } from '../inference/dataset-part.js';
import { gridProbabilities, type InferenceView, type SegmenterModel } from '../inference/segmenter.js';
import type { TrainConfig } from './config.js';
import { normalise } from './input.js';
import type { HeadWeights } from './set-head.js';

/** Positions that the head learns from. */
const SAMPLE = 30_000;

/** Radius of the guided filter over what the orderings agree on, in pixels. */
const REFINE = 16;

/**
 * @param model - with what the orderings are asked for: a main head, overclusters, or merged ones
 * @param dataset - of what the network sees: images at their working size, or feature maps
 * @param config - where training masked neither view, the teacher is the pass without a mask, refined; the seed is that of the
 * sample and of what the head starts from
 * @returns a head of the model's clusters
 * @throws RangeError when none of the images can be read
 */
export async function distil(
  model: SegmenterModel,
  dataset: Dataset,
  { pairing, seed }: Pick<TrainConfig, 'pairing' | 'seed'>,
): Promise<HeadWeights> {
  // Feature maps have no edges to follow.
  const teacher = { ...model, refine: 'smallest' in dataset ? undefined : REFINE };
  const view = pairing === 'unmasked' ? 'unmasked' : 'average';
  const sample = await sampleFeatures(spreadWindows(dataset), (image) => lesson(teacher, image as RasterImage, view), {
    sampleSize: SAMPLE,
    random: seed,
    caller: 'distil',
  });
  const dimensions = sample.dimensions - 1;
  const { points, labels } = labelledPoints(sample.points, dimensions);
  return linearClassifier(points, labels, { dimensions, classes: model.clusters, seed });
}

/** Features of the pass without a mask and, in a last channel, the cluster that the teacher gives: [h, w, F + 1]. */
async function lesson(teacher: SegmenterModel, image: RasterImage, view: InferenceView) {
  const { network, statistics } = teacher;
  const map = tf.tidy(() => {
    const images = normalise([image], statistics);
    const features = network.encode(network.stem(images), 'unmasked');
    const agreed = tf.argMax(gridProbabilities(teacher, images, view), 3);
    return tf.concat([features, tf.expandDims(tf.cast(agreed, 'float32'), 3)], 3) as tf.Tensor4D;
  });
  const [, height, width, channels] = map.shape;
  const data = (await map.data()) as Float32Array;
  map.dispose();
  return { shape: [height, width, channels] as [number, number, number], data };
}
