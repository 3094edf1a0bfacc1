/** The simplest unsupervised segmentation: K-means on the bands of single pixels. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { ConfusionMatrix } from './confusion-matrix.js';
import { assignClusters, kMeans } from './k-means.js';
import { matchClusters, type Matching } from './match-clusters.js';
import type { Protocol } from './protocol.js';
import { scores, type Scores } from './scores.js';

/** An image with its label, as the datasets of @autoregseg/data give them. */
export interface LabelledImage {
  readonly image: { readonly shape: readonly [number, number, number]; readonly data: Float32Array };
  /** [H * W] class, or the ignored id; an image without is not scored. */
  readonly label?: ArrayLike<number>;
  /** [H * W] 0 where the image holds nothing. */
  readonly valid?: ArrayLike<number>;
}

export interface KMeansBaselineOptions {
  readonly clusters: number;
  readonly classes: number;
  /** @defaultValue 255 */
  readonly ignoreId?: number;
  readonly seed: number;
  /** @defaultValue 'one-to-one' */
  readonly matching?: Matching;
  /** Pixels that the centroids are fitted to, drawn evenly over the images. @defaultValue 20000 */
  readonly sampleSize?: number;
  /** Name of the dataset, for the protocol. @defaultValue 'images' */
  readonly dataset?: string;
}

export interface KMeansBaseline extends Scores {
  readonly protocol: Protocol;
  /** Labelled pixels that were scored. */
  readonly pixels: number;
  /** [clusters] class of each cluster, -1 for none. */
  readonly matching: number[];
  /** [clusters][classes] */
  readonly confusion: number[][];
  /** [clusters * bands], for drawing the segmentation with `assignClusters`. */
  readonly centroids: Float64Array;
}

/**
 * Fits K-means to colours of these images and scores it on all their labelled pixels.
 *
 * The images are read twice, one at a time; no label is used but for matching and scores.
 *
 * @param images - an iterable that can be run through twice, such as an array or a dataset
 * @throws RangeError when there is no image, no labelled pixel, or images differ in bands
 */
export async function kMeansBaseline(
  images: Iterable<LabelledImage> | AsyncIterable<LabelledImage>,
  options: KMeansBaselineOptions,
): Promise<KMeansBaseline> {
  const { clusters, classes, ignoreId = 255, seed, matching = 'one-to-one', sampleSize = 20_000 } = options;
  const sample = await samplePixels(images, sampleSize, seed);
  const { centroids } = kMeans(sample.points, { dimensions: sample.bands, clusters, seed });
  const confusion = new ConfusionMatrix(clusters, classes);
  for await (const { image, label, valid } of images) {
    if (!label) continue;
    const scored = valid ? Int32Array.from(label, (id, pixel) => (valid[pixel] ? id : ignoreId)) : label;
    confusion.add(assignClusters(image.data, centroids, sample.bands), scored, ignoreId);
  }
  const pixels = confusion.counts.reduce((total, count) => total + count, 0);
  if (pixels === 0) throw new RangeError(`kMeansBaseline: no labelled pixel in ${sample.images} images`);
  const matched = matchClusters(confusion, matching);
  return {
    protocol: {
      method: 'K-means on pixels',
      dataset: options.dataset ?? 'images',
      images: sample.images,
      trainedOn: `the images it is scored on (${sample.points.length / sample.bands} pixels of them)`,
      matching,
      matchedOn: 'the images it is scored on',
      ignoreId,
      clusters,
      classes,
      resolution: 'of the image',
      seed,
    },
    pixels,
    ...scores(confusion, matched),
    matching: Array.from(matched),
    confusion: Array.from({ length: clusters }, (_, k) =>
      Array.from(confusion.counts.subarray(k * classes, (k + 1) * classes)),
    ),
    centroids,
  };
}

interface PixelSample {
  /** [n * bands] */
  readonly points: Float32Array;
  readonly bands: number;
  readonly images: number;
}

/** An even sample of all valid pixels without knowing their number (reservoir sampling). */
async function samplePixels(
  images: Iterable<LabelledImage> | AsyncIterable<LabelledImage>,
  size: number,
  seed: number,
): Promise<PixelSample> {
  const random = xoroshiro128plus(seed);
  let points = new Float32Array(0);
  let bands = 0;
  let seen = 0;
  let count = 0;
  for await (const { image, valid } of images) {
    const [height, width, channels] = image.shape;
    if (count === 0) {
      bands = channels;
      points = new Float32Array(size * bands);
    }
    if (channels !== bands) {
      throw new RangeError(`kMeansBaseline: all images must have ${bands} bands like the first, got ${channels}`);
    }
    count += 1;
    for (let pixel = 0; pixel < height * width; pixel++) {
      if (valid && !valid[pixel]) continue;
      const place = seen < size ? seen : uniformInt(random, 0, seen);
      seen += 1;
      if (place < size) points.set(image.data.subarray(pixel * bands, (pixel + 1) * bands), place * bands);
    }
  }
  if (count === 0) throw new RangeError('kMeansBaseline: at least one image is needed, got none');
  return { points: points.subarray(0, Math.min(seen, size) * bands), bands, images: count };
}
