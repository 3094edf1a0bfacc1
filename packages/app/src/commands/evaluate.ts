/** `autoregseg evaluate`: scores of a run on labelled images. */
import { openDataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { formatProtocol } from '@autoregseg/evaluation';
import { Argument, Command } from 'commander';
import { UsageError } from '../errors.js';
import { evaluateRun, RUN_MATCHINGS, type RunMatching } from '../run/evaluate-run.js';
import { percent, printJson, printResult, sayFallback, startProgress, warn } from './console.js';
import {
  datasetSpecOf,
  withDataset,
  withEngine,
  withInference,
  withJson,
  withMatch,
  type DatasetOptions,
  type EngineOptions,
  type InferenceOptions,
  type JsonOptions,
  type MatchOptions,
} from './options.js';

type EvaluateOptions = DatasetOptions & EngineOptions & JsonOptions & MatchOptions<RunMatching> & InferenceOptions;

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('Score a run on labelled images: clusters matched to classes, then accuracy and mean IoU.')
    .addArgument(new Argument('<run>', 'folder that `train` wrote'))
    .addHelpText('after', '\nExample:\n  autoregseg evaluate run --dataset mosaic --split test');
  return withJson(withEngine(withMatch(withInference(withDataset(command)), RUN_MATCHINGS))).action(runEvaluate);
}

async function runEvaluate(run: string, options: EvaluateOptions): Promise<void> {
  const dataset = openDataset(datasetSpecOf(options), { onWarning: warn });
  if (dataset.classes.length === 0) throw new UsageError('evaluate needs labels: add --labels DIR.');
  sayFallback(await useEngine(options.engine));
  const progress = startProgress('evaluating', dataset.size);
  const evaluation = await evaluateRun(run, dataset, {
    view: options.view,
    match: options.match,
    refine: options.refine,
    onProgress: (done) => progress.update(done),
    onWarning: warn,
  }).finally(() => progress.stop());
  if (options.json) {
    printJson(evaluation);
    return;
  }
  printResult(formatProtocol(evaluation.protocol));
  printResult(`pixel accuracy ${percent(evaluation.pixelAccuracy)}, mean IoU ${percent(evaluation.meanIoU)}`);
}
