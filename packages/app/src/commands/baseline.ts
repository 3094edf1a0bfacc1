/** `autoregseg baseline`: what simpler methods give, under the same protocol. */
import { openDataset, type Dataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import type { KMeansBaseline } from '@autoregseg/evaluation';
import { Command } from 'commander';
import { BASELINES, runBaseline, type BaselineName } from '../baselines/baselines.js';
import { UsageError } from '../errors.js';
import { percent, printJson, printResult, sayFallback, warn } from './console.js';
import {
  datasetSpecOf,
  wholeNumber,
  withDataset,
  withEngine,
  withJson,
  withMatch,
  type DatasetOptions,
  type EngineOptions,
  type JsonOptions,
  type MatchOptions,
} from './options.js';

type BaselineOptions = DatasetOptions &
  EngineOptions &
  JsonOptions &
  MatchOptions & { readonly clusters?: number; readonly seed: number };

export function baselineCommand(): Command {
  const command = new Command('baseline').description('Scores of simpler methods, under the same protocol.');
  for (const name of Object.keys(BASELINES) as BaselineName[]) command.addCommand(oneBaseline(name));
  return command;
}

function oneBaseline(name: BaselineName): Command {
  const { title, description } = BASELINES[name];
  const command = new Command(name)
    .description(description)
    .option('--clusters <k>', 'clusters; by default as many as classes', wholeNumber(2))
    .option('--seed <n>', 'seed of everything random', wholeNumber(0), 0)
    .addHelpText('after', `\nExample:\n  autoregseg baseline ${name} --dataset mosaic --split test`);
  return withJson(withEngine(withMatch(withDataset(command)))).action(async (options: BaselineOptions) => {
    const dataset = labelledDataset(options);
    sayFallback(await useEngine(options.engine));
    const { clusters = dataset.classes.length, seed, match } = options;
    report(title, await runBaseline(name, dataset, { clusters, seed, matching: match }), options);
  });
}

function labelledDataset(options: DatasetOptions): Dataset {
  const dataset = openDataset(datasetSpecOf(options), { onWarning: warn });
  if (dataset.classes.length === 0) throw new UsageError('baseline needs labels: add --labels DIR.');
  return dataset;
}

function report(title: string, result: KMeansBaseline, { json }: JsonOptions): void {
  if (json) printJson(result);
  else printResult(`${title}: pixel accuracy ${percent(result.pixelAccuracy)}, mean IoU ${percent(result.meanIoU)}`);
}
