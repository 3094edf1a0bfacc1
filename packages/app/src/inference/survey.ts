/** One pass of a model over a dataset: clusters of every image, their shares, and the confusion with labels. */
import type { Dataset, RasterImage, Sample } from '@autoregseg/data';
import { ConfusionMatrix } from '@autoregseg/evaluation';
import { NOT_VALID, type ClusterMap } from '../pictures/cluster-map.js';
import { readAhead } from './overlap.js';
import { networkInput, segmentImage, type InferenceView, type SegmenterModel } from './segmenter.js';

/** What is remembered of each image once its pixels are let go. */
export interface ImageSummary {
  readonly id: string;
  readonly index: number;
  /** Mean probability of the most likely cluster, 1/K..1. */
  readonly certainty: number;
}

export interface Survey {
  readonly images: readonly ImageSummary[];
  /** Pixels of each cluster over all images, valid ones only. */
  readonly clusterPixels: Float64Array;
  /** Present where the dataset has labels. */
  readonly confusion?: ConfusionMatrix;
}

export interface SurveyOptions {
  readonly view: InferenceView;
  /** Given each image with its clusters, and what the network saw of it, while all are in memory, such as to write a mask. */
  readonly onSegmented?: (sample: Sample, map: ClusterMap, seen: RasterImage) => void | Promise<void>;
  /** Told after each image. */
  readonly onProgress?: (done: number) => void;
  /** Asked after each image; what is done stays done, and the survey is of these images only. */
  readonly signal?: AbortSignal;
}

/** Segments every image once, one at a time while the next is read: memory does not grow with the dataset. */
export async function surveyDataset(model: SegmenterModel, dataset: Dataset, options: SurveyOptions): Promise<Survey> {
  const { view, onSegmented, onProgress, signal } = options;
  const images: ImageSummary[] = [];
  const clusterPixels = new Float64Array(model.clusters);
  const labelled = dataset.classes.length > 0;
  const confusion = labelled ? new ConfusionMatrix(model.clusters, dataset.classes.length) : undefined;
  const indexOf = new Map(dataset.ids.map((id, index) => [id, index]));
  for await (const sample of readAhead(dataset)) {
    const { map, certainty, seen } = await segmentSample(model, sample, view);
    images.push({ id: sample.id, index: indexOf.get(sample.id)!, certainty });
    for (const cluster of map.data) if (cluster !== NOT_VALID) clusterPixels[cluster] += 1;
    if (sample.label) confusion?.add(...scoredPixels(map, sample.label, dataset.ignoreId));
    await onSegmented?.(sample, map, seen);
    onProgress?.(images.length);
    if (signal?.aborted) break;
  }
  return { images, clusterPixels, confusion };
}

export interface SampleSegmentation {
  readonly map: ClusterMap;
  readonly certainty: number;
  /** What the network saw: another look at the sample need not make it again. */
  readonly seen: RasterImage;
}

/** Clusters of one sample; what is not valid in the image belongs to none. */
export async function segmentSample(
  model: SegmenterModel,
  sample: Sample,
  view: InferenceView,
): Promise<SampleSegmentation> {
  const { image, valid } = sample;
  const seen = await networkInput(model, sample);
  const { clusters, certainty } = await segmentImage(model, seen, view, [image.shape[0], image.shape[1]]);
  const data = valid ? clusters.map((cluster, pixel) => (valid[pixel] === 1 ? cluster : NOT_VALID)) : clusters;
  return { map: { shape: [image.shape[0], image.shape[1]], data }, certainty, seen };
}

/** Clusters, classes and the id to ignore, where pixels without a cluster are ignored too. */
function scoredPixels({ data }: ClusterMap, label: Int32Array, ignoreId: number): [Int32Array, Int32Array, number] {
  const classes = label.map((id, pixel) => (data[pixel] === NOT_VALID ? ignoreId : id));
  return [data.map((cluster) => Math.max(0, cluster)), classes, ignoreId];
}
