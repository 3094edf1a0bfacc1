/** `autoregseg segment`: a folder of images in; masks, overlays, a legend and a report out. */
import { join } from 'node:path';
import { openDataset, type FolderSpec } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { Argument, Command } from 'commander';
import { UsageError } from '../errors.js';
import { cutRun } from '../inference/cut-run.js';
import { loadRun } from '../inference/model.js';
import { predictImages } from '../inference/predict.js';
import { prepareOutputFolder } from '../run/run-folder.js';
import { writeRunReport } from '../run/write-report.js';
import { FEATURE_RECIPE, featurePreset } from '../features/feature-training.js';
import { printJson, printResult, say, sayFallback, startProgress, warn } from './console.js';
import {
  clusterCount,
  wholeNumber,
  withEngine,
  withInference,
  withJson,
  withSeeds,
  type EngineOptions,
  type InferenceOptions,
  type JsonOptions,
  type SeedsOptions,
} from './options.js';
import { featureSpecOf, withFeatures, type FeatureOptions } from './feature-options.js';
import { configOf, withRecipe, type RecipeOptions } from './recipe.js';
import { commandLine, trainWithProgress } from './train.js';

type SegmentOptions = EngineOptions &
  JsonOptions &
  InferenceOptions &
  RecipeOptions &
  SeedsOptions &
  FeatureOptions & {
    readonly k: number | 'auto';
    readonly out: string;
    readonly longSide: number;
    readonly strict?: boolean;
    readonly resume?: boolean;
    readonly force?: boolean;
  };

/** Longer side at which photographs are seen: fine enough for regions, small enough for minutes of training. */
const LONG_SIDE = 240;

/** Clusters of the main heads where the tree decides in the end: they shape the features alone. */
const CLUSTERS_BEFORE_CUT = 6;
const DECIDED_BY_CUT = { mergeOverclusters: false, distil: false };

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Learn clusters from these images, without labels, and segment them: masks, overlays, legend, report.')
    .addArgument(new Argument('<images...>', 'images, or folders of images'))
    .requiredOption('-k <clusters>', 'number of clusters, or auto: as many as the images suggest', clusterCount)
    .requiredOption('--out <dir>', 'folder for the results')
    .option(
      '--long-side <pixels>',
      'size at which the network sees an image: its longer side',
      wholeNumber(32),
      LONG_SIDE,
    )
    .option('--strict', 'a file that cannot be read ends the command instead of being skipped')
    .option('--resume', 'go on where an interrupted run in --out stopped')
    .option('--force', 'replace what an earlier run left in --out')
    .addHelpText(
      'after',
      '\nExamples:\n  autoregseg segment ./photos -k 6 --out ./masks\n' +
        '  autoregseg segment ./photos -k 6 --seeds 3 --out ./masks   (three trainings, the best by agreement is kept)\n' +
        '  autoregseg segment ./photos -k 6 --backbone vit.onnx --out ./masks',
    );
  return withJson(withEngine(withInference(withFeatures(withSeeds(withRecipe(command)))))).action(runSegment);
}

async function runSegment(images: string[], options: SegmentOptions): Promise<void> {
  const { out, k, longSide, strict, resume, force, view, refine } = options;
  const features = featureSpecOf(options);
  if (features && refine !== undefined) {
    throw new UsageError('--refine follows the edges of images; with --backbone or --features the network sees none.');
  }
  // A backbone sees images at a size of its own.
  const spec: FolderSpec = { dataset: 'folder', images, ...(!features && { longSide }), ...(strict && { strict }) };
  const base = { ...(features && FEATURE_RECIPE), ...(k === 'auto' && DECIDED_BY_CUT) };
  const preset = features ? featurePreset(options.preset) : options.preset;
  const config = configOf({ ...options, preset }, k === 'auto' ? CLUSTERS_BEFORE_CUT : k, base);
  const run = join(out, 'run');
  openDataset(spec);
  if (!resume) prepareOutputFolder(out, { force });
  sayFallback(await useEngine(options.engine));
  const command = commandLine();
  const request = { dataset: spec, features, config, out: run, resume, engine: options.engine, command };
  const outcome = await trainWithProgress(request, options);
  if (outcome.status === 'interrupted') {
    if (options.json) printJson({ ...outcome.manifest, out });
    return;
  }
  if (k === 'auto') say(`${(await cutRun(run, k)).clusters} clusters, as the tree over the overclusters suggests`);

  // The images themselves, not their working size: masks are written at full resolution.
  const dataset = openDataset({ dataset: 'folder', images, ...(strict && { strict }) }, { onWarning: warn });
  const { model } = loadRun(run, warn, refine);
  const progress = startProgress('segmenting', dataset.size);
  const masks = join(out, 'masks');
  const survey = await predictImages(model, dataset, {
    view,
    masks,
    overlays: join(out, 'overlays'),
    onProgress: (done) => progress.update(done),
  }).finally(() => progress.stop());
  model.network.dispose();
  say('writing the report');
  const report = join(out, 'report.html');
  await writeRunReport(run, { report, legend: out, survey, view, refine, onWarning: warn });
  if (options.json)
    printJson({ ...outcome.manifest, out, images: survey.images.length, skipped: dataset.skipped?.length ?? 0 });
  else printResult(`${survey.images.length} masks written to ${masks}; look at ${report}`);
}
