/** The flags that set a training's configuration; each wins over the preset. */
import { PAIRINGS } from '@autoregseg/orderings';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  networkSchema,
  PRESETS,
  resolveConfig,
  trainConfigSchema,
  type PresetName,
  type TrainConfig,
  type TrainConfigInput,
} from '../training/config.js';
import { imageSize, nonNegativeNumber, oneOf, positiveNumber, share, wholeNumber } from './options.js';

type NetworkOptions = NonNullable<TrainConfigInput['network']>;

/** What the flags say: fields of the configuration, those of the network among them. */
export type RecipeOptions = { readonly preset: PresetName } & Omit<TrainConfigInput, 'clusters' | 'network'> &
  NetworkOptions;

/** @param preset - the one that is taken unless another is named: `quick` where methods are compared, which main heads have to stand for */
export function withRecipe(command: Command, preset: PresetName = 'default'): Command {
  return withNetwork(withViews(withObjective(withSchedule(command, preset))));
}

function withSchedule(command: Command, preset: PresetName): Command {
  const presets = Object.keys(PRESETS) as PresetName[];
  return command
    .addOption(new Option('--preset <name>', presets.join(', ')).argParser(oneOf(presets)).default(preset))
    .option('--steps <n>', 'training steps', wholeNumber(1))
    .option('--minutes <m>', 'stop after this many minutes of training, if the steps take longer', positiveNumber)
    .option('--checkpoint-every <n>', 'steps between checkpoints', wholeNumber(1))
    .option('--keep-checkpoints <n>', 'how many of the newest checkpoints are kept', wholeNumber(1))
    .option('--seed <n>', 'seed of everything random', wholeNumber(0))
    .option('--batch-size <n>', 'images a step', wholeNumber(1))
    .option('--micro-batch <n>', 'compute so many images at a time: less memory, the same gradient', wholeNumber(1))
    .option('--crop <HxW>', 'size of the training crops, in pixels', imageSize)
    .option('--learning-rate <rate>', "Adam's step size", positiveNumber);
}

function withObjective(command: Command): Command {
  return command
    .option(
      '--overclusters <n>',
      'clusters of the overclustering head; 0 for none; by default six for each cluster, 24 at least',
      wholeNumber(0),
    )
    .option('--main-heads <n>', 'main heads side by side; the one that orderings agree on most is kept', wholeNumber(1))
    .addOption(
      choice('--head-training <way>', 'main and overclustering heads in each step, or by turns of epochs', [
        'joint',
        'alternate',
      ]),
    )
    .addOption(
      new Option('--comparison-stride <n>', 'pixels per position of the maps compared: 1, 2 or 4 (faster)').argParser(
        (value) => Number(oneOf(['1', '2', '4'])(value)),
      ),
    )
    .option('--half-window <pixels>', 'T: half side of the window of displacements', wholeNumber(0))
    .addOption(
      choice('--joint <form>', 'one joint distribution for all displacements, or one each', [
        'pooled',
        'per-displacement',
      ]),
    )
    .option('--entropy-weight <w>', 'weight of the marginal entropies; above 1: clusters of equal size', positiveNumber)
    .option('--over-entropy-weight <w>', 'the same for the overclustering head', positiveNumber)
    .option(
      '--merge-overclusters',
      'segment with overclusters merged by their tree, where a main head leaves a cluster unused',
    )
    .option('--no-merge-overclusters', 'never merge overclusters in the place of a main head')
    .option('--distil', 'segment with a head that is taught, at the end, what the eight orderings agree on')
    .option('--no-distil', 'segment with a main head, or merged overclusters, as trained')
    .option(
      '--light-groups <n>',
      'sort the images of a step into groups by brightness, of at least three, and compare clusters within; 1: no groups',
      wholeNumber(1),
    )
    .option(
      '--contrast-weight <w>',
      'weight of the contrast of features beside the clusters; 0: none',
      nonNegativeNumber,
    )
    .option('--projection <n>', 'contrast, and arl: size of the features that are compared', wholeNumber(1))
    .option('--temperature <t>', 'contrast, and arl: the smaller, the more the closest negatives count', positiveNumber)
    .option('--negatives <n>', 'contrast, and arl: places to be told apart from, at most', wholeNumber(1));
}

function withViews(command: Command): Command {
  return command
    .option('--orderings <names>', 'orderings that views are drawn from, such as top-left-row,hilbert', words)
    .addOption(
      choice('--pairing <rule>', 'how the two orderings of a step are drawn; unmasked: none, as in IIC', [
        ...PAIRINGS,
        'unmasked',
      ]),
    )
    .option('--jitter <strength>', 'photometric jitter, another for each view, 0..1', share)
    .option('--flip', 'mirror the second view at random, undone on its output')
    .option('--no-flip', 'never mirror')
    .option('--view-crop <share>', 'least share of the sides that the second view shows, enlarged; 1: all', share);
}

function withNetwork(command: Command): Command {
  return command
    .option('--stem-channels <n>', 'channels of the stem; each block doubles them', wholeNumber(1))
    .addOption(
      new Option('--output-stride <n>', '2 (finer) or 4 (faster)').argParser((value) =>
        Number(oneOf(['2', '4'])(value)),
      ),
    )
    .option('--edges', 'slopes of the image as two channels more')
    .option('--blocks <n>', 'residual blocks', wholeNumber(1))
    .option(
      '--kernel-size <n>',
      'taps along each axis of the masked kernels, odd: how far a block looks',
      wholeNumber(1),
    )
    .option(
      '--dilations <list>',
      'positions between two taps in each block, such as 1,4: how far it looks',
      dilationList,
    )
    .option(
      '--context-size <n>',
      "side of the window, in positions, whose mean is set beside each position's features, odd; 0: none",
      wholeNumber(0),
    )
    .addOption(choice('--form <form>', 'where masked kernels lie', ['shifted', 'centered']))
    .addOption(choice('--normalization <kind>', 'after each sub-block', ['none', 'batch']))
    .option('--attention <blocks>', 'attention after these blocks, counted from 1, such as 1,2; none', blockList)
    .option('--dropout <share>', 'share of channels dropped in each sub-block', share);
}

/** Where methods are compared, it is by what their losses train. */
export const AS_TRAINED = { distil: false };

/**
 * The configuration that the flags ask for; what else a command was given is left alone.
 *
 * @param base - takes the preset's place where a flag does not
 */
export function configOf({ preset, ...flags }: RecipeOptions, clusters: number, base: object = {}): TrainConfig {
  const options = { ...base, ...flags };
  const { shape } = trainConfigSchema;
  const { shape: networkShape } = networkSchema;
  const pick = (fields: object) => Object.fromEntries(Object.entries(options).filter(([name]) => name in fields));
  return resolveConfig(preset, { ...pick(shape), clusters, network: pick(networkShape) });
}

function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, `${description}: ${values.join(', ')}`).argParser(oneOf(values));
}

function words(value: string): string[] {
  return value.split(',').map((word) => word.trim());
}

function dilationList(value: string): number[] {
  return positiveIntegers(value, 'A number of positions for each block is needed, such as 1,4.');
}

function blockList(value: string): number[] {
  return value === 'none' ? [] : positiveIntegers(value, 'Numbers of blocks are needed, such as 1,2, or none.');
}

function positiveIntegers(value: string, needed: string): number[] {
  const numbers = words(value).map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers;
  throw new InvalidArgumentError(needed);
}
