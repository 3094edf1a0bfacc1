/** `autoregseg predict`: masks of images by a trained run. */
import { openDataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { Argument, Command } from 'commander';
import { loadRun } from '../inference/model.js';
import { predictImages } from '../inference/predict.js';
import { readClusterEdits } from '../run/cluster-edits.js';
import { writeLegendFile } from '../run/legend-file.js';
import { prepareOutputFolder } from '../run/run-folder.js';
import { printJson, printResult, sayFallback, startProgress, warn } from './console.js';
import { withEngine, withJson, withView, type EngineOptions, type JsonOptions, type ViewOptions } from './options.js';

interface PredictOptions extends EngineOptions, JsonOptions, ViewOptions {
  readonly out: string;
  readonly overlays?: boolean;
  readonly disagreement?: boolean;
  readonly strict?: boolean;
  readonly force?: boolean;
}

export function predictCommand(): Command {
  const command = new Command('predict')
    .description(
      "Segment images with a trained run: PNG masks whose pixel values are cluster ids, at the images' own size.",
    )
    .addArgument(new Argument('<run>', 'folder that `train` or `segment` wrote'))
    .addArgument(new Argument('<images...>', 'images, or folders of images'))
    .requiredOption('--out <dir>', 'folder for the masks')
    .option('--overlays', 'also write each image with its clusters laid over it, into DIR/overlays')
    .option('--disagreement', 'also write where the eight orderings disagree, white = most, into DIR/disagreement')
    .option('--strict', 'a file that cannot be read ends the command instead of being skipped')
    .option('--force', 'write into a folder that is not empty')
    .addHelpText('after', '\nExample:\n  autoregseg predict run ./photos --out masks');
  return withJson(withEngine(withView(command))).action(runPredict);
}

async function runPredict(run: string, images: string[], options: PredictOptions): Promise<void> {
  const { out, overlays, disagreement, strict, force } = options;
  const dataset = openDataset({ dataset: 'folder', images, strict }, { onWarning: warn });
  prepareOutputFolder(out, { force });
  sayFallback(await useEngine(options.engine));
  const { model } = loadRun(run, warn);
  const progress = startProgress('predicting', dataset.size);
  const edits = readClusterEdits(run, model.clusters);
  const survey = await predictImages(model, dataset, {
    edits,
    view: options.view,
    masks: out,
    overlays: overlays ? `${out}/overlays` : undefined,
    disagreement: disagreement ? `${out}/disagreement` : undefined,
    onProgress: (done) => progress.update(done),
  }).finally(() => progress.stop());
  model.network.dispose();
  writeLegendFile(out, survey.clusterPixels, edits);
  const skipped = dataset.skipped?.length ?? 0;
  if (options.json) printJson({ out, images: survey.images.length, skipped });
  else
    printResult(
      `${survey.images.length} masks written to ${out}${skipped > 0 ? `, ${skipped} unreadable files skipped` : ''}`,
    );
}
