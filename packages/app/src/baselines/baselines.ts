/** Baselines that cluster the features of single places: colours, descriptors, an untrained network. */
import { channelStatistics, type Dataset } from '@autoregseg/data';
import {
  denseDescriptors,
  kMeansBaseline,
  randomFeaturesBaseline,
  type KMeansBaseline,
  type KMeansBaselineOptions,
} from '@autoregseg/evaluation';
import { featureExtractor } from '../inference/features.js';
import { resolveConfig, type TrainConfig } from '../training/config.js';
import { networkOf } from '../training/run-network.js';

export interface BaselineChoices extends Pick<KMeansBaselineOptions, 'clusters' | 'seed' | 'matching'> {
  /** Images to fit on instead of those that are scored. */
  readonly fitOn?: Dataset;
  /** Images whose labels match clusters to classes, instead of those that are scored. */
  readonly matchOn?: Dataset;
  /** Whose network is meant by the untrained one. @defaultValue that of the default preset */
  readonly config?: TrainConfig;
}

/** Places that descriptors and features are fitted on: their many numbers make a smaller sample than colours'. */
const FEATURE_SAMPLE = 10_000;

export const BASELINES = {
  kmeans: { title: 'K-means on pixels', description: 'K-means on the colours of single pixels.' },
  sift: {
    title: 'K-means on SIFT-like descriptors',
    description: 'K-means on dense descriptors of the directions of gradients, like those of SIFT.',
  },
  'random-cnn': {
    title: 'K-means on random CNN features',
    description: 'K-means on the features of the network before it has learned anything.',
  },
} as const;

export type BaselineName = keyof typeof BASELINES;

/** @throws RangeError when there is nothing to fit on or to score */
export async function runBaseline(
  name: BaselineName,
  dataset: Dataset,
  { fitOn, matchOn, config, ...choices }: BaselineChoices,
): Promise<KMeansBaseline> {
  const options: KMeansBaselineOptions = {
    ...choices,
    classes: dataset.classes.length,
    ignoreId: dataset.ignoreId,
    ...(fitOn && { fitOn: { samples: fitOn, name: fitOn.name } }),
    ...(matchOn && { matchOn: { samples: matchOn, name: matchOn.name } }),
  };
  switch (name) {
    case 'kmeans':
      return kMeansBaseline(dataset, options);
    case 'sift':
      return kMeansBaseline(dataset, {
        ...options,
        features: denseDescriptors,
        method: BASELINES.sift.title,
        sampleSize: FEATURE_SAMPLE,
      });
    case 'random-cnn':
      return randomNetworkBaseline(fitOn ?? dataset, dataset, options, config);
  }
}

/** The network that would be trained, with the weights it starts from. */
async function randomNetworkBaseline(
  fitOn: Dataset,
  dataset: Dataset,
  options: KMeansBaselineOptions,
  config?: TrainConfig,
) {
  const { clusters, seed } = options;
  const network = networkOf({ ...(config ?? resolveConfig('default', { clusters })), seed }, dataset.channels);
  try {
    const statistics = await channelStatistics(fitOn, { seed });
    const features = featureExtractor(network, statistics);
    return await randomFeaturesBaseline(dataset, { ...options, features, sampleSize: FEATURE_SAMPLE });
  } finally {
    network.dispose();
  }
}
