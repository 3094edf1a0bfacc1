/**
 * K-means on the features of a network that was never trained: the random CNN of the tables of [1].
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import type { FeatureExtractor } from './features.js';
import type { Samples } from './image.js';
import { kMeansBaseline, type KMeansBaseline, type KMeansBaselineOptions } from './k-means-baseline.js';
import { randomFeatures } from './random-features.js';

export interface RandomFeaturesBaselineOptions extends Omit<KMeansBaselineOptions, 'features' | 'method'> {
  /** The untrained network. @defaultValue `randomFeatures` of the seed */
  readonly features?: FeatureExtractor;
}

/**
 * @throws RangeError as `kMeansBaseline`
 * @example
 * const { pixelAccuracy } = await randomFeaturesBaseline(dataset, { clusters: 3, classes: 3, seed: 1 });
 * @see [1]
 */
export async function randomFeaturesBaseline(
  samples: Samples,
  options: RandomFeaturesBaselineOptions,
): Promise<KMeansBaseline> {
  const features = options.features ?? randomFeatures({ channels: await channelsOf(samples), seed: options.seed });
  return kMeansBaseline(samples, { ...options, features, method: 'K-means on random CNN features' });
}

async function channelsOf(samples: Samples): Promise<number> {
  for await (const { image } of samples) return image.shape[2];
  throw new RangeError('randomFeaturesBaseline: there must be images, got none');
}
