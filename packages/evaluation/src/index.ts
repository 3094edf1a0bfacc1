/** @autoregseg/evaluation: confusion, matching, metrics and baselines for unsupervised segmentation. */
export { ConfusionMatrix } from './confusion-matrix.js';
export type { Ids } from './confusion-matrix.js';
export { MATCHINGS, matchClusters } from './match-clusters.js';
export type { Matching } from './match-clusters.js';
export { scores } from './scores.js';
export type { Scores } from './scores.js';
export type { Protocol } from './protocol.js';
export { assignClusters, kMeans } from './k-means.js';
export type { KMeans, KMeansOptions } from './k-means.js';
export { kMeansBaseline } from './k-means-baseline.js';
export type { KMeansBaseline, KMeansBaselineOptions, LabelledImage } from './k-means-baseline.js';
