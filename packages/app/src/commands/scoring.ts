/** What `table` and `ablate` share: which images are trained on, which are scored, and by which protocol. */
import { openDataset, type DatasetSpec } from '@autoregseg/data';
import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { TableSetting } from '../table/cell.js';
import { PROTOCOLS, type ProtocolName } from '../table/protocols.js';
import { datasetSpecOf, oneOf, wholeNumber, withDataset, type DatasetOptions } from './options.js';
import { AS_TRAINED, configOf, type RecipeOptions } from './recipe.js';

export type ScoringOptions = DatasetOptions & {
  readonly clusters?: number;
  readonly protocol: ProtocolName;
  readonly checkpoints: number;
  readonly scoreImages?: string[];
  readonly scoreLabels?: string;
  readonly scoreSplit?: 'train' | 'test';
  readonly scoreCount?: number;
};

export function withScoring(command: Command): Command {
  const protocols = Object.keys(PROTOCOLS) as ProtocolName[];
  return withDataset(command)
    .addOption(
      new Option('--protocol <name>', protocols.map((name) => `${name}: ${PROTOCOLS[name].description}`).join('; '))
        .argParser(oneOf(protocols))
        .default('held-out'),
    )
    .option('--clusters <k>', 'clusters; by default as many as classes', wholeNumber(2))
    .option('--checkpoints <n>', 'how often a training is scored on its way', wholeNumber(1), 3)
    .option(
      '--equal-seconds',
      "train what is slower than the fastest method again, with as many steps as fit in the fastest one's seconds; " +
        'without it the last checkpoint within them is shown',
    )
    .option('--score-images <path...>', 'not for iic; folder: images to score')
    .option('--score-labels <dir>', 'folder: their labels')
    .addOption(new Option('--score-split <part>', 'mosaic: train or test').argParser(oneOf(['train', 'test'])))
    .option('--score-count <n>', 'mosaic: number of images to score', wholeNumber(1));
}

/** @throws UsageError when labels are missing or the protocol and the images do not fit together */
export function settingOf(options: ScoringOptions & RecipeOptions): TableSetting {
  const train = datasetSpecOf(options);
  const score = scoreSpecOf(options, train);
  const { classes } = openDataset(score);
  if (classes.length === 0 || openDataset(train).classes.length === 0) {
    throw new UsageError('labels are needed: add --labels DIR, and --score-labels DIR where other images are scored.');
  }
  const config = configOf(options, options.clusters ?? classes.length, AS_TRAINED);
  const checkpointEvery = Math.ceil(config.steps / options.checkpoints);
  return { train, score, protocol: PROTOCOLS[options.protocol], config: { ...config, checkpointEvery } };
}

/** The same setting with fewer steps of training, scored at their end. */
export function shortened(setting: TableSetting, steps: number): TableSetting {
  if (steps === setting.config.steps) return setting;
  return { ...setting, config: { ...setting.config, steps, checkpointEvery: steps } };
}

/** The images that are scored: the protocol says whether they may be the training images. */
function scoreSpecOf(options: ScoringOptions, train: DatasetSpec): DatasetSpec {
  const { protocol, scoreImages, scoreLabels, scoreSplit, scoreCount } = options;
  const given = scoreImages ?? scoreSplit;
  if (PROTOCOLS[protocol].scoresTrainingImages) {
    if (given) throw new UsageError(`--protocol ${protocol} scores the training images: leave --score-... out.`);
    return train;
  }
  if (!given) {
    throw new UsageError(
      `--protocol ${protocol} scores other images than those of training: add --score-split test (mosaic), ` +
        'or --score-images and --score-labels (folder).',
    );
  }
  return datasetSpecOf({ ...options, images: scoreImages, labels: scoreLabels, split: scoreSplit, count: scoreCount });
}
