/** @autoregseg/evaluation/confusion: confusion, matching and scores; needs no TensorFlow.js and no Node. */
export { ConfusionMatrix } from './confusion-matrix.js';
export type { Ids } from './confusion-matrix.js';
export { MATCHINGS, matchClusters } from './match-clusters.js';
export type { Matching } from './match-clusters.js';
export { scores } from './scores.js';
export type { Scores } from './scores.js';
