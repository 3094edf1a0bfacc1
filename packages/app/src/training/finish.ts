/** What is left to do after the last step: what segments is chosen, and heads that no loss reaches are fitted. */
import type { Dataset } from '@autoregseg/data';
import { betterMerged } from '../inference/merged-overclusters.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import { fitClusterHead } from './cluster-head.js';
import type { TrainConfig } from './config.js';
import { distilHead } from './distilled-head.js';
import { OVERCLUSTERING_HEAD } from './heads.js';
import type { FinishedState } from './session-state.js';

/** Radius of the guided filter over what the orderings agree on, in pixels. */
const REFINE = 16;

/**
 * @param model - with its best main head
 * @returns what segments in the place of the main head, if anything does
 */
export async function finishTraining(
  model: SegmenterModel,
  dataset: Dataset,
  { method, clusters, seed, mergeOverclusters, distil, lightGroups, pairing }: TrainConfig,
): Promise<FinishedState> {
  if (method === 'arl') {
    await fitClusterHead(model.network, dataset, model.statistics, { head: model.head, clusters, seed });
    return {};
  }
  const groups = mergeOverclusters ? await betterMerged(model, dataset, lightGroups) : undefined;
  const merged = groups && { clusters, of: [...groups] };
  if (!distil) return { merged };
  const head = groups ? OVERCLUSTERING_HEAD : model.head;
  // Feature maps have no edges to follow.
  const refine = 'smallest' in dataset ? undefined : REFINE;
  const view = pairing === 'unmasked' ? 'unmasked' : 'average';
  await distilHead({ ...model, head, groups, refine }, dataset, { view, seed });
  return { merged, distilled: head };
}
