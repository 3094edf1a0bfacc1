/** `autoregseg predict`: masks of images and rasters by a trained run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset, separateRasters, type Dataset, type FolderSpec, type RasterSource } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { Argument, Command, Option } from 'commander';
import { UsageError, UserError } from '../errors.js';
import { datasetPart } from '../inference/dataset-part.js';
import { loadRun, type LoadedRun } from '../inference/model.js';
import { predictImages } from '../inference/predict.js';
import { POLYGON_FORMATS, type PolygonFormat } from '../polygons/write-polygons.js';
import { computeMask, finishMask, forgetMask, makeMask, maskPath, type MaskRequest } from '../raster/mask-files.js';
import { parseShard, shardRange, WHOLE, type Shard } from '../raster/shard.js';
import { readClusterEdits, type ClusterEdits } from '../run/cluster-edits.js';
import { writeLegendFile } from '../run/legend-file.js';
import { prepareOutputFolder, readRunFile } from '../run/run-folder.js';
import type { RunConfig } from '../run/run-config.js';
import { printJson, printResult, say, sayFallback, startProgress, warn } from './console.js';
import { onInterrupt } from './interrupt.js';
import {
  oneOf,
  wholeNumber,
  withEngine,
  withInference,
  withJson,
  type EngineOptions,
  type InferenceOptions,
  type JsonOptions,
} from './options.js';

interface PredictOptions extends EngineOptions, JsonOptions, InferenceOptions {
  readonly out: string;
  readonly overlays?: boolean;
  readonly disagreement?: boolean;
  readonly strict?: boolean;
  readonly force?: boolean;
  readonly resume?: boolean;
  readonly shard?: string;
  readonly merge?: boolean;
  readonly shrink: number;
  readonly polygons?: PolygonFormat;
}

export function predictCommand(): Command {
  const command = new Command('predict')
    .description(
      'Segment images with a trained run. Pixel values of the masks are cluster ids, at the size of the image: PNG for ' +
        'images, a tiled GeoTIFF for georeferenced and very large TIFFs, which are read window by window.',
    )
    .addArgument(new Argument('<run>', 'folder that `train` or `segment` wrote'))
    .addArgument(new Argument('<images...>', 'images, folders of images, or URLs of cloud-optimized GeoTIFFs'))
    .requiredOption('--out <dir>', 'folder for the masks')
    .option('--overlays', 'images: also write each with its clusters laid over it, into DIR/overlays')
    .option('--disagreement', 'images: also where the eight orderings disagree, white = most, into DIR/disagreement')
    .option('--strict', 'a file that cannot be read ends the command instead of being skipped')
    .option('--force', 'write into a folder that is not empty')
    .option('--resume', 'go on where an interrupted prediction into --out stopped')
    .option('--shard <i/n>', 'do one of n parts, 0/n to (n-1)/n; auto or auto/n: as Slurm or Kubernetes says')
    .option('--merge', 'rasters: put the parts of all shards together')
    .addOption(
      new Option(
        '--polygons <format>',
        'rasters: also write regions as polygons with areas: geojson or gpkg (GeoPackage)',
      ).argParser(oneOf(POLYGON_FORMATS)),
    )
    .option('--shrink <factor>', 'rasters: how many times smaller the network sees them', wholeNumber(1), 1)
    .addHelpText(
      'after',
      '\nExamples:\n  autoregseg predict run ./photos --out masks\n' +
        '  autoregseg predict run city.tif --out masks --shard 0/16   (and 1/16 ... 15/16, anywhere)\n' +
        '  autoregseg predict run city.tif --out masks --merge\n' +
        '  autoregseg predict run city.tif --out masks --polygons gpkg   (masks/city.gpkg)',
    );
  return withJson(withEngine(withInference(command))).action(runPredict);
}

async function runPredict(run: string, images: string[], options: PredictOptions): Promise<void> {
  const { out, strict, force, resume, merge } = options;
  const shard = options.shard === undefined ? undefined : parseShard(options.shard, process.env);
  if (shard && merge) throw new UsageError('--merge comes after all shards: give it alone.');
  const { rasters, others } = separateRasters(images);
  if (options.polygons && rasters.length === 0) {
    throw new UsageError('--polygons: none of these is a raster; polygons need a place on the ground.');
  }
  const requests = rasters.map((raster) => requestOf(run, raster, options));
  if (merge) return mergeAll(requests, options);
  const dataset =
    others.length > 0
      ? openDataset({ dataset: 'folder', images: [...others], strict }, { onWarning: warn })
      : undefined;
  // Shards share their folder, and one that is started again goes on.
  // Masks may come to lie beside a run: none of it is taken away.
  if (!resume && !shard) prepareOutputFolder(out, { force, replace: false });
  if (force) requests.forEach(forgetMask);
  sayFallback(await useEngine(options.engine));
  const loaded = loadRun(run, warn, options.refine);
  const interrupt = onInterrupt();
  try {
    if (rasters.length > 0 && loaded.model.featuresOf)
      throw new UserError('predict: runs on feature maps segment images, not rasters. Train a run on the pixels.');
    const again = resume || shard !== undefined;
    const started = performance.now();
    const done =
      dataset &&
      (await predictFiles(loaded, dataset, {
        ...options,
        shard: shard ?? WHOLE,
        again,
        edits: readClusterEdits(run, loaded.model.clusters),
        signal: interrupt.signal,
      }));
    const imagesPerSecond = (done ?? 0) / ((performance.now() - started) / 1000);
    const masks = interrupt.signal.aborted
      ? undefined
      : await predictRasters(loaded, requests, { shard, again, signal: interrupt.signal });
    if (masks === undefined) {
      say('stopped; the same command with --resume goes on');
      process.exitCode = 130;
      return;
    }
    const skipped = dataset?.skipped?.length ?? 0;
    if (options.json) printJson({ out, images: done ?? 0, imagesPerSecond, rasters: masks, skipped });
    else printResult(sentenceOf(out, { images: done ?? 0, imagesPerSecond, rasters: masks, skipped, shard }));
  } finally {
    interrupt.release();
    loaded.model.network.dispose();
  }
}

interface ImageChoices extends Omit<PredictOptions, 'shard'> {
  readonly shard: Shard;
  /** Images whose mask exists are left alone. */
  readonly again: boolean;
  readonly edits: ClusterEdits;
  readonly signal: AbortSignal;
}

async function predictFiles({ model }: LoadedRun, dataset: Dataset, choices: ImageChoices): Promise<number> {
  const { out, overlays, disagreement, view, shard, again, edits, signal } = choices;
  const [start, end] = shardRange(shard, dataset.size);
  const indices = Array.from({ length: end - start }, (_, i) => start + i).filter(
    (index) => !again || !existsSync(join(out, `${dataset.ids[index]}.png`)),
  );
  const progress = startProgress('predicting', indices.length);
  const { images, clusterPixels } = await predictImages(model, datasetPart(dataset, indices), {
    view,
    edits,
    masks: out,
    overlays: overlays ? `${out}/overlays` : undefined,
    disagreement: disagreement ? `${out}/disagreement` : undefined,
    onProgress: (done) => progress.update(done),
    signal,
  }).finally(() => progress.stop());
  // A part of the images has no shares of all of them.
  if (indices.length === dataset.size && !signal.aborted) writeLegendFile(out, clusterPixels, edits);
  return images.length;
}

interface RasterChoices {
  readonly shard?: Shard;
  readonly again: boolean;
  readonly signal: AbortSignal;
}

/** @returns rasters whose mask, or whose part of it, is done; undefined when it was interrupted */
async function predictRasters(
  { model }: LoadedRun,
  requests: readonly MaskRequest[],
  { shard, again, signal }: RasterChoices,
): Promise<number | undefined> {
  for (const request of requests) {
    if (again && existsSync(maskPath(request))) continue;
    let progress: ReturnType<typeof startProgress> | undefined;
    const onProgress = (done: number, blocks: number) => {
      progress ??= startProgress(request.raster.id, blocks, done);
      progress.update(done, 'blocks');
    };
    try {
      const made = shard
        ? (await computeMask(model, request, { shard, signal, onProgress })).status === 'finished'
        : (await makeMask(model, request, { signal, onProgress })) !== undefined;
      if (!made) return undefined;
    } finally {
      progress?.stop();
    }
  }
  return requests.length;
}

async function mergeAll(requests: readonly MaskRequest[], { out, json }: PredictOptions): Promise<void> {
  if (requests.length === 0) throw new UsageError('--merge: none of these is a raster; masks of images need no merge.');
  const masks = [];
  for (const request of requests) masks.push({ mask: maskPath(request), clusters: await finishMask(request) });
  if (json) printJson({ out, rasters: masks });
  else printResult(`${masks.length} masks of rasters put together in ${out}`);
}

function requestOf(run: string, raster: RasterSource, { out, view, shrink, polygons }: PredictOptions): MaskRequest {
  const { dataset, working, config } = readRunFile<RunConfig>(run, 'config.json');
  const { range, alpha } = dataset as FolderSpec;
  if (Object.keys(working).length > 0 && shrink === 1) {
    warn(
      `the run saw its images resized (${JSON.stringify(working)}), ${raster.source} is seen at its own resolution; ` +
        '--shrink N shows it N times smaller',
    );
  }
  const edits = readClusterEdits(run, config.clusters);
  return { raster, out, view, shrink, edits, polygons, reading: { ...(range && { range }), ...(alpha && { alpha }) } };
}

interface Outcome {
  readonly images: number;
  readonly imagesPerSecond: number;
  readonly rasters: number;
  readonly skipped: number;
  readonly shard?: Shard;
}

function sentenceOf(out: string, { images, imagesPerSecond, rasters, skipped, shard }: Outcome): string {
  const what = [
    ...(images > 0 || rasters === 0 ? [`${images} masks (${imagesPerSecond.toFixed(1)} images/s)`] : []),
    ...(rasters > 0 ? [`${shard ? `shard ${shard.index} of ${shard.of} of ` : ''}${rasters} masks of rasters`] : []),
  ];
  return `${what.join(' and ')} written to ${out}${skipped > 0 ? `, ${skipped} unreadable files skipped` : ''}`;
}
