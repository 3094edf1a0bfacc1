/** @autoregseg/evaluation: confusion, matching, scores, their protocol, and baselines. */
export { ConfusionMatrix } from './confusion-matrix.js';
export type { Ids } from './confusion-matrix.js';
export { MATCHINGS, matchClusters } from './match-clusters.js';
export type { Matching } from './match-clusters.js';
export { scores } from './scores.js';
export type { Scores } from './scores.js';
