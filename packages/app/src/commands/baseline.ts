/** `autoregseg baseline kmeans`: what colour alone gives, under the same protocol. */
import { openDataset } from '@autoregseg/data';
import { kMeansBaseline } from '@autoregseg/evaluation';
import { Command } from 'commander';
import { UsageError } from '../errors.js';
import { percent, printJson, printResult, warn } from './console.js';
import {
  datasetSpecOf,
  wholeNumber,
  withDataset,
  withJson,
  withMatch,
  type DatasetOptions,
  type JsonOptions,
  type MatchOptions,
} from './options.js';

type BaselineOptions = DatasetOptions &
  JsonOptions &
  MatchOptions & { readonly clusters?: number; readonly seed: number };

export function baselineCommand(): Command {
  const kmeans = new Command('kmeans')
    .description('K-means on the colours of single pixels.')
    .option('--clusters <k>', 'clusters; by default as many as classes', wholeNumber(2))
    .option('--seed <n>', 'seed of the start and of the sample', wholeNumber(0), 0)
    .addHelpText('after', '\nExample:\n  autoregseg baseline kmeans --dataset mosaic --split test');
  return new Command('baseline')
    .description('Scores of simpler methods, under the same protocol.')
    .addCommand(withJson(withMatch(withDataset(kmeans))).action(runKMeans));
}

async function runKMeans(options: BaselineOptions): Promise<void> {
  const dataset = openDataset(datasetSpecOf(options), { onWarning: warn });
  if (dataset.classes.length === 0) throw new UsageError('baseline needs labels: add --labels DIR.');
  const result = await kMeansBaseline(dataset, {
    clusters: options.clusters ?? dataset.classes.length,
    classes: dataset.classes.length,
    ignoreId: dataset.ignoreId,
    seed: options.seed,
    matching: options.match,
  });
  if (options.json) printJson(result);
  else printResult(`K-means: pixel accuracy ${percent(result.pixelAccuracy)}, mean IoU ${percent(result.meanIoU)}`);
}
