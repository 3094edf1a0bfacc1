/**
 * K-means on the colours of pixels: the baseline that any learned segmentation has to beat, as in the tables of [1].
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import { ConfusionMatrix } from './confusion-matrix.js';
import { onlyValid, sampleFeatures, type FeatureExtractor } from './features.js';
import { generatorOf } from './generator.js';
import type { Samples } from './image.js';
import { kMeans } from './k-means.js';
import type { Matching } from './match-clusters.js';
import { segmentByCentroids, segmentFeatures } from './nearest-centroids.js';
import { evaluateConfusion, type Evaluation, type MatchedProtocol } from './protocol.js';

export interface KMeansBaselineOptions {
  readonly clusters: number;
  /** Number of classes in the labels. */
  readonly classes: number;
  readonly seed: number;
  /** The label id that is not scored. @defaultValue every id is scored */
  readonly ignoreId?: number;
  /** Pixels that the centroids are fitted on, at most. @defaultValue 50000 */
  readonly sampleSize?: number;
  /** What is clustered instead of colours, such as `denseDescriptors`. @defaultValue the colours of pixels */
  readonly features?: FeatureExtractor;
  /** What the protocol calls the method. @defaultValue 'K-means on pixels' */
  readonly method?: string;
  /** @defaultValue 'one-to-one' */
  readonly matching?: Matching;
  /** What the protocol calls the images that are scored. @defaultValue their name, else 'samples' */
  readonly dataset?: string;
  /** Other images to fit on, and what the protocol calls them. @defaultValue the images that are scored */
  readonly fitOn?: { readonly samples: Samples; readonly name: string };
  /** Other images whose labels match clusters to classes, and their name. @defaultValue the images that are scored */
  readonly matchOn?: { readonly samples: Samples; readonly name: string };
}

/** The features of pixels are their colours. */
const pixels: FeatureExtractor = (image) => image;

export interface KMeansBaseline extends Evaluation {
  /** The colour of each cluster; `segmentByCentroids` segments any image by them. */
  readonly centroids: readonly (readonly number[])[];
}

/**
 * Fits colours on a sample of all valid pixels, labels unseen, and scores the segmentation of the labelled images.
 *
 * Invalid pixels are neither fitted nor scored.
 *
 * @param samples - images with labels, walked twice when they are fitted on too: an array or a data set, no generator
 * @throws RangeError when there is no pixel to fit on, no label to score, or images differ in channels
 * @example
 * const { pixelAccuracy, protocol } = await kMeansBaseline(dataset, { clusters: 3, classes: 3, seed: 1 });
 * console.log(pixelAccuracy, formatProtocol(protocol));
 * @see [1]
 */
export async function kMeansBaseline(samples: Samples, options: KMeansBaselineOptions): Promise<KMeansBaseline> {
  const { clusters, classes, seed, ignoreId, matching = 'one-to-one', sampleSize = 50_000 } = options;
  const { features = pixels, method = 'K-means on pixels', matchOn } = options;
  const { dataset = samples.name ?? 'samples', fitOn = { samples, name: 'the images it is scored on' } } = options;
  if (!Number.isInteger(sampleSize) || sampleSize < 1) {
    throw new RangeError(`kMeansBaseline: sampleSize must be a positive integer, got ${sampleSize}`);
  }
  const random = generatorOf(seed);
  const { points, dimensions } = await sampleFeatures(fitOn.samples, features, {
    sampleSize,
    random,
    caller: 'kMeansBaseline',
  });
  const { centroids } = kMeans(points, { dimensions, clusters, seed: random });
  const confusion = new ConfusionMatrix(clusters, classes);
  const { images, resolution } = await compare(samples, features, centroids, confusion, ignoreId);
  const other = matchOn && new ConfusionMatrix(clusters, classes);
  if (other) await compare(matchOn.samples, features, centroids, other, ignoreId);
  const protocol: MatchedProtocol = {
    method,
    dataset,
    images,
    trainedOn: fitOn.name,
    sampledPixels: points.length / dimensions,
    matching,
    matchedOn: matchOn?.name ?? 'the images it is scored on',
    ignoreId: ignoreId ?? null,
    clusters,
    classes,
    resolution,
    seed,
  };
  return { ...evaluateConfusion(confusion, protocol, other), centroids };
}

/** Counts the labelled images into the confusion. */
async function compare(
  samples: Samples,
  features: FeatureExtractor,
  centroids: readonly (readonly number[])[],
  confusion: ConfusionMatrix,
  ignoreId: number | undefined,
) {
  const sizes = new Set<string>();
  let images = 0;
  for await (const { image, label, valid } of samples) {
    if (label === undefined) continue;
    images++;
    sizes.add(image.shape.slice(0, 2).join('x'));
    const [height, width] = image.shape;
    const map = await features(image);
    const clusterIds =
      map === image ? segmentByCentroids(image, centroids) : segmentFeatures(map, centroids, [height, width]);
    confusion.add(onlyValid(clusterIds, valid), onlyValid(label, valid), ignoreId);
  }
  if (confusion.pixels === 0) {
    throw new RangeError(
      `kMeansBaseline: there must be a labelled pixel to score, got none in ${images} labelled images; ` +
        'give samples that can be walked twice (an array or a data set, no generator) and check labels and ignoreId',
    );
  }
  return { images, resolution: sizes.size === 1 ? [...sizes][0] : 'of each label' };
}
