/** `autoregseg baseline`: what simpler methods give, under the same protocol. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset, type Dataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import type { Evaluation } from '@autoregseg/evaluation';
import { Command } from 'commander';
import { BASELINES, runBaseline, type BaselineName } from '../baselines/baselines.js';
import { UsageError } from '../errors.js';
import type { StepMetrics } from '../run/metrics.js';
import { makeCell } from '../table/make-cell.js';
import { titleOf } from '../table/methods.js';
import { PROTOCOLS } from '../table/protocols.js';
import { describeStep, percent, printJson, printResult, sayFallback, startProgress, warn } from './console.js';
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
import { AS_TRAINED, configOf, withRecipe, type RecipeOptions } from './recipe.js';

type BaselineOptions = DatasetOptions &
  EngineOptions &
  JsonOptions &
  MatchOptions & { readonly clusters?: number; readonly seed: number };

export function baselineCommand(): Command {
  const command = new Command('baseline').description('Scores of simpler methods, under the same protocol.');
  for (const name of Object.keys(BASELINES) as BaselineName[]) command.addCommand(oneBaseline(name));
  return command.addCommand(iicBaseline());
}

type IicOptions = BaselineOptions & Omit<RecipeOptions, 'seed'>;

/** The one baseline that is trained: the same network, unmasked, on the images that are scored. */
function iicBaseline(): Command {
  const command = new Command('iic')
    .description('Invariant information clustering: the same network without masks; views by colour jitter and flips.')
    .option('--clusters <k>', 'clusters; by default as many as classes', wholeNumber(2))
    .addHelpText('after', '\nExample:\n  autoregseg baseline iic --dataset mosaic --split test --steps 200');
  return withJson(withEngine(withRecipe(withDataset(command), 'quick'))).action(async (options: IicOptions) => {
    const dataset = labelledDataset(options);
    const config = configOf(options, options.clusters ?? dataset.classes.length, AS_TRAINED);
    sayFallback(await useEngine(options.engine));
    const spec = datasetSpecOf(options);
    const folder = mkdtempSync(join(tmpdir(), 'autoregseg-iic-'));
    const progress = startProgress('training', config.steps);
    try {
      const setting = {
        train: spec,
        score: spec,
        protocol: PROTOCOLS.iic,
        config: { ...config, checkpointEvery: config.steps },
      };
      const onStep = (metrics: StepMetrics) => progress.update(metrics.step, describeStep(metrics));
      const cell = await makeCell('iic', config.seed, setting, folder, { onStep });
      report(titleOf('iic'), cell!.evaluation, options);
    } finally {
      progress.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
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

function report(title: string, result: Evaluation, { json }: JsonOptions): void {
  if (json) printJson(result);
  else printResult(`${title}: pixel accuracy ${percent(result.pixelAccuracy)}, mean IoU ${percent(result.meanIoU)}`);
}
