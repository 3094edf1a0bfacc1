/** `autoregseg demo`: trains on the embedded mosaics, scores on unseen ones, writes a report; no data needed. */
import { openDataset, type MosaicSpec } from '@autoregseg/data';
import { describeEngine, useEngine } from '@autoregseg/engine';
import { kMeansBaseline } from '@autoregseg/evaluation';
import { Command } from 'commander';
import { writeRunReport } from '../run/write-report.js';
import { percent, printJson, printResult, say, sayFallback, warn } from './console.js';
import { withEngine, withJson, type EngineOptions, type JsonOptions } from './options.js';
import { configOf, withRecipe, type RecipeOptions } from './recipe.js';
import { commandLine, trainWithProgress } from './train.js';

type DemoOptions = EngineOptions & JsonOptions & RecipeOptions & { readonly out: string; readonly force?: boolean };

/** Training and test mosaics come from different halves of the photographs. */
const TRAIN: MosaicSpec = { dataset: 'mosaic', split: 'train', count: 60 };
const TEST: MosaicSpec = { dataset: 'mosaic', split: 'test', count: 24 };

export function demoCommand(): Command {
  const command = new Command('demo')
    .description('Learn three textures from unlabelled mosaics and segment unseen ones: train, evaluate, report.')
    .option('--out <dir>', 'folder for the run and its report', './autoregseg-demo')
    .option('--force', 'train again instead of going on with what is in --out')
    .addHelpText('after', '\nExample:\n  autoregseg demo --out ./autoregseg-demo');
  return withJson(withEngine(withRecipe(command, 'quick'))).action(runDemo);
}

async function runDemo(options: DemoOptions): Promise<void> {
  const { out, force, engine } = options;
  const test = openDataset(TEST);
  const config = configOf(options, test.classes.length);
  const description = await useEngine(engine);
  sayFallback(description);
  say(`engine: ${describeEngine(description)}`);
  // A finished demo is not trained again, an interrupted one goes on.
  const request = { dataset: TRAIN, config, out, resume: !force, force, engine, command: commandLine() };
  const outcome = await trainWithProgress(request);
  if (outcome.status === 'interrupted') {
    if (options.json) printJson({ ...outcome.manifest, out });
    return;
  }
  say('K-means on the same unseen mosaics, for comparison');
  const kMeans = await kMeansBaseline(test, {
    clusters: test.classes.length,
    classes: test.classes.length,
    ignoreId: test.ignoreId,
    seed: config.seed,
  });
  say('segmenting the unseen mosaics and writing the report');
  const baselines = [{ name: 'K-means on pixels', pixelAccuracy: kMeans.pixelAccuracy }];
  const { report, evaluation } = await writeRunReport(out, { dataset: test, baselines, onWarning: warn });
  if (options.json) {
    printJson({
      out,
      report,
      ...evaluation,
      kMeans: { pixelAccuracy: kMeans.pixelAccuracy },
      seconds: outcome.manifest.seconds,
    });
    return;
  }
  printResult(`look at ${report}`);
  printResult(`accuracy ${percent(evaluation!.pixelAccuracy)} (K-means ${percent(kMeans.pixelAccuracy)})`);
}
