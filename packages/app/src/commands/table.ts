/** `autoregseg table`: every method of the paper's table that runs here, from several seeds, over one dataset. */
import { openDataset, type DatasetSpec } from '@autoregseg/data';
import { Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../errors.js';
import { TABLE_METHODS, titleOf, type TableMethod } from '../table/methods.js';
import { PROTOCOLS, type ProtocolName } from '../table/protocols.js';
import { runTable } from '../table/run-table.js';
import { formatStatistic } from '../table/markdown.js';
import { printJson, printResult, say } from './console.js';
import {
  datasetSpecOf,
  oneOf,
  wholeNumber,
  withDataset,
  withEngine,
  withJson,
  type DatasetOptions,
  type EngineOptions,
  type JsonOptions,
} from './options.js';
import { configOf, withRecipe, type RecipeOptions } from './recipe.js';
import { commandLine } from './train.js';

type TableOptions = DatasetOptions &
  EngineOptions &
  JsonOptions &
  RecipeOptions & {
    readonly out: string;
    readonly clusters?: number;
    readonly protocol: ProtocolName;
    readonly seeds: number;
    readonly methods: readonly TableMethod[];
    readonly checkpoints: number;
    readonly scoreImages?: string[];
    readonly scoreLabels?: string;
    readonly scoreSplit?: 'train' | 'test';
    readonly scoreCount?: number;
  };

export function tableCommand(): Command {
  const protocols = Object.keys(PROTOCOLS) as ProtocolName[];
  const command = new Command('table')
    .description(
      'Run every method from every seed over one dataset, and write the table of mean and standard deviation as ' +
        'Markdown, JSON and a page. Started again, it goes on where it stopped.',
    )
    .requiredOption('--out <dir>', 'folder for the table and its cells')
    .addOption(
      new Option('--protocol <name>', protocols.map((name) => `${name}: ${PROTOCOLS[name].description}`).join('; '))
        .argParser(oneOf(protocols))
        .default('held-out'),
    )
    .option('--seeds <n>', 'how many seeds, counted from --seed', wholeNumber(1), 5)
    .addOption(
      new Option('--methods <names>', `of ${TABLE_METHODS.join(', ')}`)
        .argParser(methodList)
        .default(TABLE_METHODS, 'all'),
    )
    .option('--clusters <k>', 'clusters; by default as many as classes', wholeNumber(2))
    .option('--checkpoints <n>', 'how often a training is scored on its way', wholeNumber(1), 3)
    .option('--score-images <path...>', 'held-out, folder: images to score')
    .option('--score-labels <dir>', 'held-out, folder: their labels')
    .addOption(
      new Option('--score-split <part>', 'held-out, mosaic: train or test').argParser(oneOf(['train', 'test'])),
    )
    .option('--score-count <n>', 'held-out, mosaic: number of images to score', wholeNumber(1))
    .addHelpText(
      'after',
      '\nExample:\n  autoregseg table --dataset mosaic --score-split test --seeds 5 --steps 200 --out table',
    );
  return withJson(withEngine(withRecipe(withDataset(command)))).action(runTableCommand);
}

async function runTableCommand(options: TableOptions): Promise<void> {
  const { out, protocol, seeds, methods, checkpoints, seed = 0, engine } = options;
  const train = datasetSpecOf(options);
  const score = scoreSpecOf(options, train);
  const { classes } = openDataset(score);
  if (classes.length === 0 || openDataset(train).classes.length === 0) {
    throw new UsageError('table needs labels: add --labels DIR, and --score-labels DIR where other images are scored.');
  }
  const config = configOf(options, options.clusters ?? classes.length);
  const rows = await runTable({
    train,
    score,
    protocol: PROTOCOLS[protocol],
    config: { ...config, checkpointEvery: Math.ceil(config.steps / checkpoints) },
    methods,
    seeds: Array.from({ length: seeds }, (_, i) => seed + i),
    out,
    engine,
    command: commandLine(),
    onCell: (method, cellSeed, made, all) => say(`${made + 1} of ${all}: ${titleOf(method)}, seed ${cellSeed}`),
  });
  if (options.json) {
    printJson({ out, rows });
    return;
  }
  for (const row of rows) printResult(`${row.title}: ${formatStatistic(row.last, 100)} %`);
  printResult(`look at ${out}/table.html; ${out}/table.md is for documents`);
}

/** The images that are scored: the protocol says whether they may be the training images. */
function scoreSpecOf(options: TableOptions, train: DatasetSpec): DatasetSpec {
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

function methodList(value: string): TableMethod[] {
  const known = oneOf(TABLE_METHODS);
  const methods = value.split(',').map((word) => known(word.trim()));
  if (new Set(methods).size < methods.length) throw new InvalidArgumentError('Each method once.');
  return methods;
}
