/**
 * Which of several main heads segments, chosen without labels.
 *
 * Heads that were trained side by side tell about as much, and yet differ in how they cut up what there is. The one on
 * which two orderings agree most, beyond chance, is the nearest to what labels would choose (docs/results.md). A head that
 * leaves clusters empty agrees more easily: it has to hold nearly as much information as the others.
 */

import type { TrainConfig } from './config.js';
import { OVERCLUSTERING_HEAD } from './heads.js';
import type { MergedOverclusters } from './session-state.js';

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

/** Overclusters that are merged segment in the place of every main head. */
export function segmentingHead(
  mainHeads: readonly string[],
  { clusters }: Pick<TrainConfig, 'clusters'>,
  { merged, ...gauges }: HeadGauges & { readonly merged?: MergedOverclusters },
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
