/**
 * From an image of any size to its clusters: working scale, network, bilinear interpolation, most likely cluster.
 *
 * The head's maps live on the stem's grid. They are interpolated to the image's own pixels one row at a time, so that a
 * large photograph costs no more memory than its result.
 */
import { RASTER_ORDERINGS, type Network, type OutputStride, type View } from '@autoregseg/orderings';
import { interpolateArgMax } from '@autoregseg/evaluation';
import {
  resizeImage,
  targetSize,
  type ChannelStatistics,
  type RasterImage,
  type Sample,
  type TargetSize,
} from '@autoregseg/data';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureSource } from '../features/feature-source.js';
import { normalise } from '../training/input.js';
import { guidedFilter } from './guided-filter.js';

/** `unmasked`: one pass with whole kernels; `average`: the mean of the eight raster orderings' probabilities. */
export type InferenceView = 'unmasked' | 'average';

export interface SegmenterModel {
  readonly network: Network;
  /** Name of the head whose clusters are wanted, and its K. */
  readonly head: string;
  readonly clusters: number;
  /** [clusters of the head], the one of `clusters` that each belongs to; absent: the head's own are wanted. */
  readonly groups?: Int32Array;
  readonly statistics: ChannelStatistics;
  /** The size at which the network saw images in training, and sees them now. */
  readonly working: TargetSize;
  /** Where the network sees feature maps of images: makes them. */
  readonly featuresOf?: FeatureSource;
  /** Radius of the guided filter over the probabilities, in pixels that the network sees; absent: none. */
  readonly refine?: number;
}

export interface Segmentation {
  /** [H * W] cluster of each pixel. */
  readonly clusters: Int32Array;
  /** Mean over pixels of the most likely cluster's probability, 1/K..1. */
  readonly certainty: number;
}

/** What the network sees of a sample: its image, or the feature map that is made of it. */
export async function networkInput(
  { featuresOf }: Pick<SegmenterModel, 'featuresOf'>,
  sample: Sample,
): Promise<RasterImage> {
  return featuresOf ? featuresOf(sample) : sample.image;
}

/**
 * Clusters of one image, at the image's own size.
 *
 * @param image - or its feature map, where the network sees those
 * @param size - of the image, where a feature map is given
 */
export async function segmentImage(
  model: SegmenterModel,
  image: RasterImage,
  view: InferenceView,
  size: readonly [height: number, width: number] = [image.shape[0], image.shape[1]],
): Promise<Segmentation> {
  const [height, width] = size;
  const [rows, columns] = image.shape;
  const working = resizeImage({ image }, targetSize([rows, columns], model.working)).image;
  const maps = tf.tidy(() => gridProbabilities(model, normalise([working], model.statistics), view));
  const grid = { shape: maps.shape.slice(1) as [number, number, number], data: (await maps.data()) as Float32Array };
  maps.dispose();
  const { ids, meanBest } = interpolateArgMax(grid, height, width);
  return { clusters: ids, certainty: meanBest };
}

/** [1, h, w, K] probabilities on the stem's grid, of normalised images [1, H, W, C]. */
export function gridProbabilities(model: SegmenterModel, images: tf.Tensor4D, view: InferenceView): tf.Tensor4D {
  const { network, head, refine } = model;
  return tf.tidy(() => {
    const maps = network.stem(images);
    const size: [number, number] = [maps.shape[1], maps.shape[2]];
    const probabilities = (seen: View) =>
      tf.tidy(() => grouped(tf.softmax(network.decode(network.encode(maps, seen), size)[head]), model));
    const views = view === 'unmasked' ? [view] : RASTER_ORDERINGS;
    const mean = tf.div(tf.addN(views.map(probabilities)), views.length) as tf.Tensor4D;
    return refine === undefined ? mean : refined(mean, images, model);
  });
}

/** Variance of the guide, whose bands have variance 1 over the dataset, that is no edge yet. */
const FLAT = 0.2;

function refined(probs: tf.Tensor4D, images: tf.Tensor4D, model: SegmenterModel): tf.Tensor4D {
  const guide = onGrid(tf.mean(images, 3, true), model.network.config.outputStride);
  return guidedFilter(probs, guide, { radius: refinementRadius(model), epsilon: FLAT });
}

/** Radius of the guided filter in positions of the grid; 0 where nothing is refined. */
export function refinementRadius({ refine, network }: Pick<SegmenterModel, 'refine' | 'network'>): number {
  return refine === undefined ? 0 : Math.max(1, Math.round(refine / network.config.outputStride));
}

/** The mean of the pixels of each position: pools of 2, which begin at the first pixel whatever the side. */
function onGrid(plane: tf.Tensor4D, stride: OutputStride): tf.Tensor4D {
  return stride === 1 ? plane : onGrid(tf.avgPool(plane, 2, 2, 'same'), (stride / 2) as OutputStride);
}

/** Probabilities of groups of clusters: the sums of theirs. */
export function grouped(
  probs: tf.Tensor4D,
  { groups, clusters }: Pick<SegmenterModel, 'groups' | 'clusters'>,
): tf.Tensor4D {
  if (!groups) return probs;
  // Not tf.oneHot, which refuses a single cluster: [K of the head, clusters].
  const membership = tf.cast(
    tf.equal(tf.tensor2d(groups, [groups.length, 1], 'int32'), tf.range(0, clusters, 1, 'int32')),
    'float32',
  );
  const [count, height, width, all] = probs.shape;
  return tf.reshape(tf.matMul(tf.reshape(probs, [-1, all]), membership), [count, height, width, clusters]);
}
