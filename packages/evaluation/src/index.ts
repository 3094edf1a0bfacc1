/** @autoregseg/evaluation: confusion, matching, scores, their protocol, and baselines. */
export { ConfusionMatrix } from './confusion-matrix.js';
export type { Ids } from './confusion-matrix.js';
export { MATCHINGS, matchClusters } from './match-clusters.js';
export type { Matching } from './match-clusters.js';
export { scores } from './scores.js';
export type { Scores } from './scores.js';
export { evaluateConfusion, formatProtocol } from './protocol.js';
export type { Evaluation, Protocol } from './protocol.js';
export { kMeans } from './k-means.js';
export type { KMeans, KMeansOptions } from './k-means.js';
export { segmentByCentroids } from './nearest-centroids.js';
export { kMeansBaseline } from './k-means-baseline.js';
export type { KMeansBaseline, KMeansBaselineOptions } from './k-means-baseline.js';
export type { Image, LabelledImage, Samples } from './image.js';
