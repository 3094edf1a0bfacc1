/**
 * Which of several main heads segments, chosen without labels.
 *
 * Heads that were trained side by side tell about as much, and yet differ in how they cut up what there is. The one on
 * which two orderings agree most, beyond chance, is the nearest to what labels would choose (docs/results.md). A head that
 * leaves clusters empty agrees more easily: it has to hold nearly as much information as the others.
 */

import type { TrainConfig } from './config.js';
import { DISTILLED_HEAD, OVERCLUSTERING_HEAD } from './heads.js';
import type { FinishedState } from './session-state.js';

/** Running means over the last steps of training, by main head. */
export interface HeadGauges {
  /** Mutual information of two orderings over all images, nats. */
  readonly information: readonly number[];
  /** Fleiss' kappa of two orderings; where a run does not say, information alone chooses. */
  readonly kappa?: readonly number[];
}

/** The part of a network that segments. */
export interface SegmentingHead {
  readonly head: string;
  readonly clusters: number;
  /** [clusters of the head], the one of `clusters` that each belongs to; absent: the head's own. */
  readonly groups?: Int32Array;
}

/** A head that was distilled segments in the place of the one that taught it. */
export function segmentingHead(
  mainHeads: readonly string[],
  config: Pick<TrainConfig, 'clusters'>,
  state: HeadGauges & FinishedState,
): SegmentingHead {
  if (state.distilled !== undefined) return { head: DISTILLED_HEAD, clusters: config.clusters };
  return trainedHead(mainHeads, config, state);
}

/** Of the heads that losses train the one that segments, or teaches: overclusters that are merged take the place of every main head. */
export function trainedHead(
  mainHeads: readonly string[],
  { clusters }: Pick<TrainConfig, 'clusters'>,
  { merged, ...gauges }: HeadGauges & FinishedState,
): SegmentingHead {
  if (!merged) return { head: mainHeads[chosenHead(gauges)], clusters };
  return { head: OVERCLUSTERING_HEAD, clusters: merged.clusters, groups: Int32Array.from(merged.of) };
}

/** Share of the most information that a head must hold. */
const ENOUGH = 0.9;

/** The index of the head that segments. */
export function chosenHead({ information, kappa = information }: HeadGauges): number {
  const most = Math.max(...information);
  const enough = most - (1 - ENOUGH) * Math.abs(most);
  return information.reduce(
    (best, value, head) => (value >= enough && (best < 0 || kappa[head] > kappa[best]) ? head : best),
    -1,
  );
}
