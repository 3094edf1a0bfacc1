/** A run's report: one pass over the images, the most telling of them, and the HTML file. */
import { join } from 'node:path';
import { openDataset, resizeImage, type Dataset, type Sample } from '@autoregseg/data';
import { disagreementMap } from '../inference/disagreement.js';
import { loadRun, type LoadedRun } from '../inference/model.js';
import type { InferenceView } from '../inference/segmenter.js';
import { segmentSample, surveyDataset, type Survey } from '../inference/survey.js';
import { resizeClusterMap } from '../pictures/cluster-map.js';
import { legendSvg, type LegendCluster } from '../pictures/legend.js';
import { samplePatches } from '../pictures/patches.js';
import { renderReport } from '../report/report.js';
import type { ReportEvaluation, ReportExample, RunReport } from '../report/run-report.js';
import { selectExamples } from '../report/select-examples.js';
import type { RunManifest } from './run-manifest.js';
import { writeFileAtomic } from './atomic-file.js';
import { mergeClusters, readClusterEdits, type ClusterEdits } from './cluster-edits.js';
import { describeSpec, scoreSurvey, type RunEvaluation, type RunMatching } from './evaluate-run.js';
import { legendClusters, writeLegendEntries } from './legend-file.js';
import { readMetrics } from './metrics.js';
import { readRunFile } from './run-folder.js';

export interface ReportOptions {
  /** Images to show and, where they have labels, to score. @defaultValue what the run was trained on */
  readonly dataset?: Dataset;
  /** A survey of these images that was made already. */
  readonly survey?: Survey;
  readonly view?: InferenceView;
  /** Radius of the guided filter, in pixels that the network sees. @defaultValue none */
  readonly refine?: number;
  readonly match?: RunMatching;
  readonly baselines?: ReportEvaluation['baselines'];
  /** @defaultValue RUN/report.html */
  readonly report?: string;
  /** Folder for legend.json and legend.svg; none are written without. */
  readonly legend?: string;
  readonly onWarning?: (message: string) => void;
}

export interface WrittenReport {
  /** Path of the HTML file. */
  readonly report: string;
  /** Present where labels are. */
  readonly evaluation?: RunEvaluation;
}

/** Images in the report, and their longer side at most: enough to see, little enough for one file. */
const EXAMPLES = 18;
const EXAMPLE_SIDE = 640;

/** @throws UserError when the folder is no run or has no checkpoint yet */
export async function writeRunReport(run: string, options: ReportOptions = {}): Promise<WrittenReport> {
  const { view = 'unmasked', match = 'one-to-one', report = join(run, 'report.html'), onWarning } = options;
  const loaded = loadRun(run, onWarning, options.refine);
  try {
    const dataset = options.dataset ?? openDataset(loaded.run.dataset);
    const survey = options.survey ?? (await surveyDataset(loaded.model, dataset, { view }));
    const edits = readClusterEdits(run, loaded.model.clusters);
    const examples = await pickExamples(loaded, dataset, survey, { view, edits });
    const clusters = legendClusters(survey.clusterPixels, edits).map((cluster) => ({
      ...cluster,
      patches: samplePatches(examples, cluster.id),
    }));
    const evaluation = survey.confusion ? scoreSurvey(loaded, dataset, survey, { view, match, edits }) : undefined;
    const page = { loaded, dataset, survey, examples, clusters, evaluation };
    writeFileAtomic(report, await renderReport(composeReport(run, page, options)));
    if (options.legend !== undefined) await writeLegend(options.legend, clusters);
    return { report, evaluation };
  } finally {
    loaded.model.network.dispose();
  }
}

async function writeLegend(folder: string, clusters: readonly LegendCluster[]): Promise<void> {
  writeLegendEntries(folder, clusters);
  writeFileAtomic(join(folder, 'legend.svg'), await legendSvg(clusters));
}

/** The images to show, read and segmented once more, since a survey keeps none. */
async function pickExamples(
  { model }: LoadedRun,
  dataset: Dataset,
  { images }: Survey,
  { view, edits }: { readonly view: InferenceView; readonly edits: ClusterEdits },
): Promise<ReportExample[]> {
  const certainties = images.map(({ certainty }) => certainty);
  const examples: ReportExample[] = [];
  for (const { index } of selectExamples(certainties, EXAMPLES)) {
    const sample = await dataset.get(images[index].index);
    const { map, certainty, seen } = await segmentSample(model, sample, view);
    const drawn = shrunk(sample, mergeClusters(map, edits).data);
    const [height, width] = drawn.image.shape;
    const disagreement = await disagreementMap(model, seen, [height, width]);
    examples.push({ id: sample.id, certainty, disagreement, ...drawn });
  }
  return examples;
}

/** Image, prediction and label at a size fit for a page; ids are taken from the nearest pixel. */
function shrunk(
  { image, label }: Sample,
  prediction: Int32Array,
): Pick<ReportExample, 'image' | 'prediction' | 'label'> {
  const [height, width] = image.shape;
  const scale = EXAMPLE_SIDE / Math.max(height, width);
  if (scale >= 1) return { image, prediction, label };
  const shape = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))] as const;
  const resized = (data: Int32Array) => resizeClusterMap({ shape: [height, width], data }, shape).data;
  return {
    image: resizeImage({ image }, shape).image,
    prediction: resized(prediction),
    label: label && resized(label),
  };
}

interface Page {
  readonly loaded: LoadedRun;
  readonly dataset: Dataset;
  readonly survey: Survey;
  readonly examples: readonly ReportExample[];
  readonly clusters: readonly LegendCluster[];
  readonly evaluation?: RunEvaluation;
}

function composeReport(path: string, page: Page, { dataset: other, baselines }: ReportOptions): RunReport {
  const { loaded, dataset, survey, examples, clusters, evaluation } = page;
  const { run, step } = loaded;
  const manifest = readRunFile<RunManifest>(path, 'manifest.json');
  const { cpu, cores, memoryGiB, system, node, tfjs } = manifest.machine;
  return {
    title: `Clusters of ${dataset.name}`,
    summary: {
      dataset: describeSpec(run.dataset),
      images: manifest.images,
      segmented: { images: survey.images.length, ...(other && { description: 'images that training never saw' }) },
      status: manifest.status,
      steps: step,
      plannedSteps: run.config.steps,
      trainingSeconds: manifest.seconds,
      seed: run.config.seed,
      seeds: manifest.seeds?.map(({ seed }) => seed),
      date: manifest.updatedAt,
    },
    engine: {
      name: manifest.engine,
      hardware: `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}`,
      versions: { node, 'tfjs-core': tfjs },
    },
    options: run.config,
    metrics: readMetrics(join(path, 'metrics.jsonl')),
    examples,
    clusters,
    evaluation: evaluation && {
      classes: evaluation.classNames,
      matching: evaluation.matching,
      confusion: evaluation.confusion.flat(),
      scores: evaluation,
      protocol: { ...evaluation.protocol },
      baselines,
    },
    reproduce: manifest.command,
    warnings: [...manifest.warnings, ...unreadable(dataset)],
  };
}

function unreadable({ skipped = [] }: Dataset): string[] {
  return skipped.map(({ file, reason }) => `${file} was skipped: ${reason}`);
}
