/**
 * From an image of any size to its clusters: working scale, network, bilinear interpolation, most likely cluster.
 *
 * The head's maps live on the stem's grid. They are interpolated to the image's own pixels one row at a time, so that a
 * large photograph costs no more memory than its result.
 */
import { RASTER_ORDERINGS, type Network } from '@autoregseg/orderings';
import { interpolateArgMax } from '@autoregseg/evaluation';
import { resizeImage, targetSize, type ChannelStatistics, type RasterImage, type TargetSize } from '@autoregseg/data';
import * as tf from '@tensorflow/tfjs-core';
import { normalise } from '../training/input.js';

/** `unmasked`: one pass with whole kernels; `average`: the mean of the eight raster orderings' probabilities. */
export type InferenceView = 'unmasked' | 'average';

export interface SegmenterModel {
  readonly network: Network;
  /** Name of the head whose clusters are wanted, and its K. */
  readonly head: string;
  readonly clusters: number;
  readonly statistics: ChannelStatistics;
  /** The size at which the network saw images in training, and sees them now. */
  readonly working: TargetSize;
}

export interface Segmentation {
  /** [H * W] cluster of each pixel. */
  readonly clusters: Int32Array;
  /** Mean over pixels of the most likely cluster's probability, 1/K..1. */
  readonly certainty: number;
}

/** Clusters of one image, at the image's own size. */
export function segmentImage(model: SegmenterModel, image: RasterImage, view: InferenceView): Segmentation {
  const [height, width] = image.shape;
  const working = resizeImage({ image }, targetSize([height, width], model.working)).image;
  const maps = tf.tidy(() => gridProbabilities(model, normalise([working], model.statistics), view));
  const grid = { shape: maps.shape.slice(1) as [number, number, number], data: maps.dataSync() as Float32Array };
  maps.dispose();
  const { ids, meanBest } = interpolateArgMax(grid, height, width);
  return { clusters: ids, certainty: meanBest };
}

/** [1, h, w, K] probabilities on the stem's grid. */
function gridProbabilities({ network, head }: SegmenterModel, images: tf.Tensor4D, view: InferenceView): tf.Tensor4D {
  const maps = network.stem(images);
  const size: [number, number] = [maps.shape[1], maps.shape[2]];
  const probabilities = (ordering: Parameters<Network['encode']>[1]) =>
    tf.tidy(() => tf.softmax(network.decode(network.encode(maps, ordering), size)[head]));
  if (view === 'unmasked') return probabilities('unmasked');
  return tf.div(tf.addN(RASTER_ORDERINGS.map(probabilities)), RASTER_ORDERINGS.length);
}
<<<<<<< HEAD
=======

export interface Grid {
  readonly shape: readonly [height: number, width: number, clusters: number];
  readonly data: Float32Array;
}

/** Bilinear interpolation with half-pixel centres, then the largest of K, pixel by pixel. */
export function interpolateArgMax({ shape, data }: Grid, height: number, width: number): Segmentation {
  const [gridHeight, gridWidth, clusters] = shape;
  const rows = interpolation(gridHeight, height);
  const columns = interpolation(gridWidth, width);
  const result = new Int32Array(height * width);
  const line = new Float32Array(gridWidth * clusters);
  let certainty = 0;
  for (let r = 0; r < height; r++) {
    blendRows(data, rows, r, line);
    for (let c = 0; c < width; c++) {
      const low = columns.low[c] * clusters;
      const high = columns.high[c] * clusters;
      const t = columns.weight[c];
      let best = -1;
      for (let k = 0; k < clusters; k++) {
        const probability = line[low + k] * (1 - t) + line[high + k] * t;
        if (probability > best) {
          best = probability;
          result[r * width + c] = k;
        }
      }
      certainty += best;
    }
  }
  return { clusters: result, certainty: certainty / (height * width) };
}

/** For each output position the two grid positions it lies between and the weight of the second. */
interface Interpolation {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array;
}

function interpolation(from: number, to: number): Interpolation {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const position = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    low[i] = Math.floor(position);
    high[i] = Math.min(low[i] + 1, from - 1);
    weight[i] = position - low[i];
  }
  return { low, high, weight };
}

function blendRows(data: Float32Array, rows: Interpolation, r: number, line: Float32Array): void {
  const low = rows.low[r] * line.length;
  const high = rows.high[r] * line.length;
  const t = rows.weight[r];
  for (let i = 0; i < line.length; i++) line[i] = data[low + i] * (1 - t) + data[high + i] * t;
}
>>>>>>> fd0b610 (Compare recipes over datasets and seeds in one command, and mosaics of six textures to compare them on)
