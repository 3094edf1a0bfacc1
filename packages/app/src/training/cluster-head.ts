/**
 * K-means on frozen features, as a head of the network: what makes a run of ARL segment.
 *
 * The nearest centroid c of features z, each at mean 0 and deviation 1, is that of the largest 2 c z - |c|^2, which is
 * linear in the features: a kernel and a bias.
 */
import type { ChannelStatistics, Dataset } from '@autoregseg/data';
import { kMeans, sampleFeatures, standardisationOf, type Standardisation } from '@autoregseg/evaluation';
import type { Network } from '@autoregseg/orderings';
import { featureExtractor } from '../inference/features.js';
import { setHead, type HeadWeights } from './set-head.js';

export interface ClusterHeadOptions {
  readonly head: string;
  readonly clusters: number;
  readonly seed: number;
}

/** Places that K-means is fitted on. */
const SAMPLE = 10_000;

/** Sets the head's weights from the features of the dataset's images, labels unseen. */
export async function fitClusterHead(
  network: Network,
  dataset: Dataset,
  statistics: ChannelStatistics,
  { head, clusters, seed }: ClusterHeadOptions,
): Promise<void> {
  const { points, dimensions } = await sampleFeatures(dataset, featureExtractor(network, statistics), {
    sampleSize: SAMPLE,
    random: seed,
  });
  const { mean, scale } = standardisationOf(points, dimensions);
  const standardised = points.map((value, at) => (value - mean[at % dimensions]) * scale[at % dimensions]);
  const { centroids } = kMeans(standardised, { dimensions, clusters, seed });
  await setHead(network, head, headWeights(centroids, { mean, scale }));
}

function headWeights(centroids: readonly (readonly number[])[], { mean, scale }: Standardisation): HeadWeights {
  const [dimensions, clusters] = [mean.length, centroids.length];
  const kernel = new Float32Array(dimensions * clusters);
  const bias = new Float32Array(clusters);
  centroids.forEach((centroid, k) => {
    centroid.forEach((value, d) => {
      kernel[d * clusters + k] = 2 * value * scale[d];
      bias[k] -= value * value + 2 * value * scale[d] * mean[d];
    });
  });
  return { kernel, bias };
}
