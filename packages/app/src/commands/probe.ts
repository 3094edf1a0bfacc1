/** `autoregseg probe`: what can be read from a run's frozen features with labels. */
import { openDataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { formatProtocol } from '@autoregseg/evaluation';
import { Argument, Command, Option } from 'commander';
import { UsageError } from '../errors.js';
import { probeRun, PROBE_KINDS, type ProbeKind } from '../run/probe-run.js';
import { percent, printJson, printResult, sayFallback, warn } from './console.js';
import {
  datasetSpecOf,
  oneOf,
  wholeNumber,
  withDataset,
  withEngine,
  withJson,
  withView,
  type DatasetOptions,
  type EngineOptions,
  type JsonOptions,
  type ViewOptions,
} from './options.js';

type ProbeOptions = DatasetOptions &
  EngineOptions &
  JsonOptions &
  ViewOptions & { readonly kind: ProbeKind; readonly seed: number; readonly steps?: number; readonly hidden?: number };

export function probeCommand(): Command {
  const command = new Command('probe')
    .description(
      'Train a small classifier on frozen features and labels, and score it on other images. It learns from the labels ' +
        "of the run's own training images where there are any, else from the first two thirds of the dataset.",
    )
    .addArgument(new Argument('<run>', 'folder that `train` wrote'))
    .addOption(new Option('--kind <kind>', PROBE_KINDS.join(' or ')).argParser(oneOf(PROBE_KINDS)).default('linear'))
    .option('--hidden <n>', 'units of the non-linear probe', wholeNumber(1))
    .option('--steps <n>', 'training steps of the probe', wholeNumber(1))
    .option('--seed <n>', 'seed of the probe', wholeNumber(0), 0)
    .addHelpText('after', '\nExample:\n  autoregseg probe run --dataset mosaic --split test --kind linear');
  return withJson(withEngine(withView(withDataset(command)))).action(runProbe);
}

async function runProbe(run: string, options: ProbeOptions): Promise<void> {
  const dataset = openDataset(datasetSpecOf(options), { onWarning: warn });
  if (dataset.classes.length === 0) throw new UsageError('probe needs labels: add --labels DIR.');
  sayFallback(await useEngine(options.engine));
  const { kind, seed, steps, hidden, view } = options;
  const evaluation = await probeRun(run, dataset, { kind, seed, steps, hidden, view, onWarning: warn });
  if (options.json) {
    printJson(evaluation);
    return;
  }
  printResult(formatProtocol(evaluation.protocol));
  printResult(`pixel accuracy ${percent(evaluation.pixelAccuracy)}, mean IoU ${percent(evaluation.meanIoU)}`);
}
