/** @autoregseg/losses: mutual information of segmentations, and the losses of other two-view methods. */
export { clusteringLoss, mutualInformation } from './mutual-information.js';
export type { MutualInformationOptions } from './mutual-information.js';
export { jointDistribution, jointDistributionPerDisplacement } from './joint-distribution.js';
export type { JointDistributionOptions } from './joint-distribution.js';
export { entropy, information } from './information.js';
export type { InformationOptions } from './information.js';
export { effectiveClusters } from './effective-clusters.js';
export type { EffectiveClustersOptions } from './effective-clusters.js';
