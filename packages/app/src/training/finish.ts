/** What is left to do after the last step: heads that are fitted to the features, not trained, and overclusters to merge. */
import type { Dataset } from '@autoregseg/data';
import { betterMerged } from '../inference/merged-overclusters.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import { fitClusterHead } from './cluster-head.js';
import type { TrainConfig } from './config.js';
import type { MergedOverclusters } from './session-state.js';

/**
 * @param model - with its best main head
 * @returns what the overclusters are merged into, where that segments in the place of the main head
 */
export async function finishTraining(
  model: SegmenterModel,
  dataset: Dataset,
  { method, clusters, seed, mergeOverclusters, lightGroups }: TrainConfig,
): Promise<MergedOverclusters | undefined> {
  if (method === 'arl') {
    await fitClusterHead(model.network, dataset, model.statistics, { head: model.head, clusters, seed });
    return undefined;
  }
  if (!mergeOverclusters) return undefined;
  const groups = await betterMerged(model, dataset, lightGroups);
  return groups && { clusters, of: [...groups] };
}
