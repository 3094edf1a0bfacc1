/** What training on feature maps needs beside training on images: the maps as a data set, and a recipe that fits them. */
import { cachedOnDisk, openDataset, type CachedDataset, type Dataset, type DatasetSpec } from '@autoregseg/data';
import { UserError } from '../errors.js';
import { featureCache } from '../run/run-folder.js';
import type { PresetName, TrainConfig } from '../training/config.js';
import { featureDataset, type FeatureDataset } from './feature-dataset.js';
import { featureSource } from './feature-source.js';
import type { FeatureSpec } from './feature-spec.js';

export interface TrainingData {
  readonly dataset: DatasetSpec;
  readonly features?: FeatureSpec;
}

export interface TrainingDataOptions {
  /** Folder for decoded images; feature maps are kept in the run's own. */
  readonly cache?: string;
  /** Told after each feature map that is read or made. */
  readonly onFeatures?: (done: number, total: number) => void;
  readonly onWarning?: (message: string) => void;
}

/** The images, or their feature maps: made once, kept in the run's folder. */
export async function openTrainingData(
  { dataset, features }: TrainingData,
  run: string,
  { cache, onFeatures, onWarning }: TrainingDataOptions = {},
): Promise<Dataset | CachedDataset | FeatureDataset> {
  const images = openDataset(dataset, { onWarning });
  if (features === undefined) {
    return cache === undefined ? images : cachedOnDisk(images, { folder: cache, key: dataset, onWarning });
  }
  const source = featureSource(features, { folder: featureCache(run), write: true });
  return featureDataset(images, source, (done) => onFeatures?.(done, images.size));
}

/**
 * The recipe for these maps: crops no larger than the smallest one.
 *
 * @throws UserError when the configuration asks for what feature maps do not have, such as light
 */
export function featureConfig(config: TrainConfig, dataset: Dataset | FeatureDataset): TrainConfig {
  if (!('smallest' in dataset)) return config;
  if (config.network.outputStride !== 1) {
    throw new UserError(`features: the output stride must be 1 on feature maps, got ${config.network.outputStride}`);
  }
  if (config.jitter > 0)
    throw new UserError(`features: --jitter changes light, which feature maps have none of: leave it out`);
  return fittedCrops(config, dataset);
}

/** The same configuration with crops no larger than the smallest feature map; images are checked elsewhere. */
export function fittedCrops(config: TrainConfig, dataset: Dataset | FeatureDataset): TrainConfig {
  if (!('smallest' in dataset)) return config;
  const [height, width] = dataset.smallest;
  return { ...config, crop: [Math.min(config.crop[0], height), Math.min(config.crop[1], width)] };
}

/** What a recipe says on feature maps unless flags say otherwise; positions of the map take the place of pixels. */
export const FEATURE_RECIPE = {
  outputStride: 1,
  comparisonStride: 1,
  jitter: 0,
  lightGroups: 1,
  contrastWeight: 0,
  contextSize: 0,
  halfWindow: 1,
  distil: false,
} as const;

/** The preset beneath: more steps than those of `quick`, merging and teaching were not tried on feature maps. */
export function featurePreset(preset: PresetName): PresetName {
  return preset === 'default' ? 'quick' : preset;
}
