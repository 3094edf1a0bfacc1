/** The choices that a run is made with: those asked for when it starts, its own when it is resumed. */
import {
  channelStatistics,
  cocoStuffLongSide,
  type Dataset,
  type DatasetSpec,
  type TargetSize,
} from '@autoregseg/data';
import type { FeatureSpec } from '../features/feature-spec.js';
import { featureConfig, fittedCrops } from '../features/feature-training.js';
import { readRunConfig, type RunConfig } from '../run/run-config.js';
import type { TrainConfig } from './config.js';

/** What is asked for. */
interface Wishes {
  readonly dataset: DatasetSpec;
  readonly features?: FeatureSpec;
  readonly config: TrainConfig;
}

/** A new run: statistics are measured on the training images. */
export async function startedConfig({ dataset: spec, features, config }: Wishes, dataset: Dataset): Promise<RunConfig> {
  const statistics = await channelStatistics(dataset, { seed: config.seed });
  const measured = { statistics, channels: dataset.channels };
  if (features === undefined) return { config, dataset: spec, ...measured, working: workingSizeOf(spec) };
  // Maps are seen as they are.
  return { config: featureConfig(config, dataset), dataset: spec, ...measured, working: {}, features };
}

/** A resumed run goes on as it began; only its length may be asked for anew. */
export function resumedConfig(out: string, { config }: Wishes): RunConfig {
  const run = readRunConfig(out);
  const { steps, minutes, checkpointEvery, keepCheckpoints } = config;
  return { ...run, config: { ...run.config, steps, minutes, checkpointEvery, keepCheckpoints } };
}

/** A warning that names what was asked for and a resumed run does not take up; undefined where it takes up all. */
export function ignoredWishes(run: RunConfig, { config, dataset: spec }: Wishes, dataset: Dataset): string | undefined {
  const wanted = run.features === undefined ? config : fittedCrops(config, dataset);
  const changed: string[] = changedKeys(run.config, wanted).filter((key) => !FREE_TO_CHANGE.includes(key));
  if (JSON.stringify(run.dataset) !== JSON.stringify(spec)) changed.push('dataset');
  if (changed.length === 0) return undefined;
  return `--resume keeps the run's own ${changed.join(', ')}; to change it, train into another folder`;
}

/** How long a run goes on and how often it is saved says nothing of what is learned until then. */
const FREE_TO_CHANGE: readonly string[] = ['steps', 'minutes', 'checkpointEvery', 'keepCheckpoints'];

function changedKeys(before: TrainConfig, after: TrainConfig): string[] {
  const keys = Object.keys(after) as (keyof TrainConfig)[];
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

/** Images are segmented at the size they are trained at. */
function workingSizeOf(spec: DatasetSpec): TargetSize {
  if (spec.size) return { size: spec.size };
  if ('longSide' in spec && spec.longSide !== undefined) return { longSide: spec.longSide };
  const isCoco = spec.dataset === 'coco-stuff' || spec.dataset === 'coco-stuff3';
  return isCoco ? { longSide: cocoStuffLongSide(spec) } : {};
}

/** Whether a resumed run is to become as long as it was begun: then the command that began it makes it again. */
export function isSameLength(out: string, { steps, minutes }: TrainConfig): boolean {
  const { config } = readRunConfig(out);
  return config.steps === steps && config.minutes === minutes;
}
