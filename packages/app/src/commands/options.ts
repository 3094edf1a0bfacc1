/** Options that several commands share, and how their words become values. */
import { readFileSync } from 'node:fs';
import type { DatasetSpec } from '@autoregseg/data';
import type { EnginePreference } from '@autoregseg/engine';
import { closest } from 'fastest-levenshtein';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { InferenceView } from '../inference/segmenter.js';
import type { RunMatching } from '../run/evaluate-run.js';

const ENGINES = ['auto', 'native', 'webgpu', 'wasm'] as const;
const VIEWS = ['unmasked', 'average'] as const;
const MATCHINGS = ['one-to-one', 'majority'] as const;
const DATASETS = ['mosaic', 'folder', 'potsdam', 'potsdam3', 'coco-stuff', 'coco-stuff3', 'shards'] as const;
const SPLITS = ['all', 'train', 'test', 'val', 'labelled', 'labelled-train'] as const;

/** A parser of one word out of several; a wrong one is answered with the nearest. */
export function oneOf<T extends string>(words: readonly T[]): (value: string) => T {
  return (value) => {
    if ((words as readonly string[]).includes(value)) return value as T;
    throw new InvalidArgumentError(`Did you mean ${closest(value, [...words])}? One of: ${words.join(', ')}.`);
  };
}

/** A parser of whole numbers from `minimum` on. */
export function wholeNumber(minimum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (Number.isSafeInteger(number) && number >= minimum) return number;
    throw new InvalidArgumentError(`A whole number of at least ${minimum} is needed.`);
  };
}

/** A number of clusters, or `auto`. */
export function clusterCount(value: string): number | 'auto' {
  return value === 'auto' ? value : wholeNumber(2)(value);
}

export function positiveNumber(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('A number greater than 0 is needed.');
}

export function nonNegativeNumber(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError('A number of at least 0 is needed.');
}

export function share(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('A number from 0 to 1 is needed.');
}

/** `HxW`, or `N` for a square. */
export function imageSize(value: string): [number, number] {
  const match = /^(\d+)(?:x(\d+))?$/i.exec(value);
  const [height, width] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [0, 0];
  if (height > 0 && width > 0) return [height, width];
  throw new InvalidArgumentError('Height x width in pixels is needed, such as 96x128.');
}

export interface EngineOptions {
  readonly engine: EnginePreference;
}

export function withEngine(command: Command): Command {
  return command.addOption(
    new Option('--engine <name>', 'native, webgpu, wasm, or the best that runs')
      .argParser(oneOf(ENGINES))
      .default('auto'),
  );
}

export interface JsonOptions {
  readonly json?: boolean;
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON object on stdout and nothing else there');
}

export interface SeedsOptions {
  readonly seeds: number;
}

export function withSeeds(command: Command): Command {
  return command.option(
    '--seeds <n>',
    'train from so many seeds, counted from --seed, and keep the run whose orderings agree most',
    wholeNumber(1),
    1,
  );
}

export interface ViewOptions {
  readonly view: InferenceView;
}

export function withView(command: Command): Command {
  return command.addOption(
    new Option('--view <view>', 'one unmasked pass, or the average of the eight orderings')
      .argParser(oneOf(VIEWS))
      .default('unmasked'),
  );
}

/** How a run segments. */
export interface InferenceOptions extends ViewOptions {
  readonly refine?: number;
}

export function withInference(command: Command): Command {
  return withView(command).option(
    '--refine <pixels>',
    'smooth the clusters along the image, by a guided filter of this radius, such as 16; none by default',
    wholeNumber(1),
  );
}

export interface MatchOptions<Kind extends RunMatching = (typeof MATCHINGS)[number]> {
  readonly match: Kind;
}

export function withMatch(command: Command, kinds: readonly RunMatching[] = MATCHINGS): Command {
  return command.addOption(
    new Option('--match <kind>', `how clusters are matched to classes: ${kinds.join(', ')}`)
      .argParser(oneOf(kinds))
      .default('one-to-one'),
  );
}

export interface DatasetOptions {
  readonly dataset: (typeof DATASETS)[number];
  readonly images?: string[];
  readonly labels?: string;
  readonly size?: [number, number];
  readonly longSide?: number;
  readonly labelMap?: string;
  readonly count?: number;
  readonly textures?: 3 | 6;
  readonly root?: string;
  readonly shards?: string[];
  readonly split?: (typeof SPLITS)[number];
  readonly scale?: number;
  readonly centerCrop?: [number, number];
  readonly datasetSeed?: number;
  readonly strict?: boolean;
}

export function withDataset(command: Command): Command {
  return command
    .addOption(new Option('--dataset <name>', DATASETS.join(', ')).argParser(oneOf(DATASETS)).makeOptionMandatory())
    .option('--images <path...>', 'folder: images, or folders of images')
    .option('--labels <dir>', 'folder: label PNGs, paired by name')
    .option('--label-map <file>', 'folder: {"classes": [...], "map": {"0": 0, ...}}; ids not named are ignored')
    .option('--size <HxW>', 'resize images and labels to this size, in pixels', imageSize)
    .option(
      '--long-side <pixels>',
      'folder: shrink images so that the longer side has at most this many',
      wholeNumber(8),
    )
    .option('--count <n>', 'mosaic: number of images', wholeNumber(1))
    .addOption(
      new Option('--textures <n>', 'mosaic: 3, or 6 of three photographs, two scales and a turn').argParser((value) =>
        Number(oneOf(['3', '6'])(value)),
      ),
    )
    .option('--shards <path...>', 'shards: tar archives as WebDataset has them, folders, or a-{000..012}.tar')
    .option('--root <dir>', 'potsdam, coco-stuff: the folder of the dataset (docs/datasets.md)')
    .addOption(
      new Option(
        '--split <part>',
        'mosaic: train, test; potsdam: all, labelled, train, labelled-train, test; coco-stuff: all, train, val',
      ).argParser(oneOf(SPLITS)),
    )
    .option('--scale <factor>', 'coco-stuff: what images are scaled by (0.33)', positiveNumber)
    .option('--center-crop <HxW>', 'coco-stuff: take the centre of each image, as IIC scores', imageSize)
    .option('--dataset-seed <n>', 'mosaic: seed of the images', wholeNumber(0))
    .option('--strict', 'folder: a file that cannot be read ends the command instead of being skipped');
}

/** The data package's description of the dataset that the options name; it checks what is missing. */
export function datasetSpecOf(options: DatasetOptions): DatasetSpec {
  return defined(specFields(options)) as DatasetSpec;
}

/** The fields that belong to the dataset; what is missing or does not fit is told by the data package. */
function specFields(options: DatasetOptions): object {
  const { dataset, size, split, strict, root, scale, centerCrop, images = [], labels, longSide } = options;
  const labelMap = options.labelMap === undefined ? undefined : readLabelMap(options.labelMap);
  switch (dataset) {
    case 'mosaic':
      return { dataset, size, count: options.count, split, seed: options.datasetSeed, textures: options.textures };
    case 'shards':
      return { dataset, shards: options.shards ?? [], labelMap, size, longSide, strict };
    case 'folder':
      return { dataset, images, labels, labelMap, size, longSide, strict };
    case 'potsdam':
    case 'potsdam3':
      return { dataset, root: rootOf(root), split, size, strict };
    case 'coco-stuff':
    case 'coco-stuff3':
      return { dataset, root: rootOf(root), split, size, strict, scale, centerCrop };
  }
}

function rootOf(root: string | undefined): string {
  if (root === undefined) throw new UsageError('--root DIR is needed: the folder of the dataset.');
  return root;
}

/** Read here, so that a run's config.json holds the map itself and does not depend on the file. */
function readLabelMap(file: string): { readonly classes: string[]; readonly map: Record<string, number> } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof readLabelMap>;
  } catch (error) {
    throw new UsageError(`--label-map ${file} cannot be read as JSON: ${(error as Error).message}`);
  }
}

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
