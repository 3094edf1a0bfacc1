/** `autoregseg plan`: what a training will cost, before it starts. */
import { totalmem } from 'node:os';
import { openDataset } from '@autoregseg/data';
import { describeEngine, useEngine } from '@autoregseg/engine';
import { Command } from 'commander';
import { fittingMicroBatch, planTraining } from '../bench/plan.js';
import { UsageError } from '../errors.js';
import { describeMachine } from '../run/machine.js';
import { printJson, printResult, sayFallback } from './console.js';
import { configOf, withRecipe, type RecipeOptions } from './recipe.js';
import {
  datasetSpecOf,
  wholeNumber,
  withDataset,
  withEngine,
  withJson,
  withSeeds,
  type DatasetOptions,
  type EngineOptions,
  type JsonOptions,
  type SeedsOptions,
} from './options.js';

type PlanOptions = DatasetOptions &
  EngineOptions &
  JsonOptions &
  RecipeOptions &
  SeedsOptions & { readonly clusters?: number };

export function planCommand(): Command {
  const command = new Command('plan')
    .description('Say how long `train` with the same options will take, and how much memory, from a few small steps.')
    .option('--clusters <k>', 'clusters; by default as many as the dataset has classes', wholeNumber(2))
    .addHelpText('after', '\nExample:\n  autoregseg plan --dataset mosaic --preset paper --batch-size 10 --steps 1000');
  return withJson(withEngine(withSeeds(withRecipe(withDataset(command))))).action(runPlan);
}

async function runPlan(options: PlanOptions): Promise<void> {
  const dataset = openDataset(datasetSpecOf(options));
  const clusters = options.clusters ?? dataset.classes.length;
  if (clusters < 2) throw new UsageError('--clusters is needed where the dataset has no classes.');
  const config = configOf(options, clusters);
  const engine = await useEngine(options.engine);
  sayFallback(engine);
  const { seeds } = options;
  const ofOne = await planTraining(config, dataset);
  // One after the other: they take as much memory as one.
  const plan = { ...ofOne, seeds, seconds: seeds * ofOne.seconds };
  const memory = totalmem() / 2 ** 20;
  const fitting = fittingMicroBatch(plan, config.microBatch ?? plan.batchSize, memory);
  if (options.json) {
    const advice = fitting === undefined ? { fits: true } : { fits: false, microBatch: fitting };
    printJson({ ...plan, ...advice, engine: engine.name, machine: describeMachine() });
    return;
  }
  const { steps, secondsPerStep, seconds, peakMemoryMb } = plan;
  printResult(
    `${seeds > 1 ? `${seeds} times ` : ''}${steps} steps of ${plan.batchSize} images on ${describeEngine(engine)}: ${duration(seconds)} ` +
      `(${secondsPerStep.toFixed(2)} s a step), peak memory ${peakMemoryMb.toFixed(0)} MB of ${memory.toFixed(0)} MB`,
  );
  if (fitting !== undefined) {
    printResult(`that does not fit; try --micro-batch ${fitting}: the same gradient, a third more time`);
  }
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
