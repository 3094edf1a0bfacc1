/** What is left to do after the last step: what segments is chosen, and heads that no loss reaches are fitted. */
import type { Dataset } from '@autoregseg/data';
import { betterMerged } from '../inference/merged-overclusters.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import { fitClusterHead } from './cluster-head.js';
import type { TrainConfig } from './config.js';
import { distil } from './distilled-head.js';
import { DISTILLED_HEAD, OVERCLUSTERING_HEAD } from './heads.js';
import type { FinishedState } from './session-state.js';
import { setHead } from './set-head.js';

/**
 * @param model - with its best main head
 * @returns what segments in the place of the main head, if anything does
 */
export async function finishTraining(
  model: SegmenterModel,
  dataset: Dataset,
  config: TrainConfig,
): Promise<FinishedState> {
  const { method, clusters, seed, mergeOverclusters, lightGroups } = config;
  if (method === 'arl') {
    await fitClusterHead(model.network, dataset, model.statistics, { head: model.head, clusters, seed });
    return {};
  }
  const groups = mergeOverclusters ? await betterMerged(model, dataset, lightGroups) : undefined;
  const merged = groups && { clusters, of: [...groups] };
  if (!config.distil) return { merged };
  const head = groups ? OVERCLUSTERING_HEAD : model.head;
  await setHead(model.network, DISTILLED_HEAD, await distil({ ...model, head, groups }, dataset, config));
  return { merged, distilled: head };
}
