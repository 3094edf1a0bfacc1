/** One cell of the table: one method from one seed, trained, scored and probed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { channelStatistics, openDataset, type Dataset, type DatasetSpec } from '@autoregseg/data';
import {
  evaluateConfusion,
  linearProbe,
  type ConfusionMatrix,
  type Evaluation,
  type FeatureExtractor,
} from '@autoregseg/evaluation';
import { runBaseline } from '../baselines/baselines.js';
import { UserError } from '../errors.js';
import { featureExtractor } from '../inference/features.js';
import { loadRun } from '../inference/model.js';
import type { InferenceView, SegmenterModel } from '../inference/segmenter.js';
import { surveyDataset } from '../inference/survey.js';
import { describeSpec } from '../run/evaluate-run.js';
import type { StepMetrics } from '../run/metrics.js';
import type { TrainConfig } from '../training/config.js';
import { networkOf } from '../training/session.js';
import { train } from '../training/train.js';
import { configOfMethod, isTrained, titleOf, type TableMethod } from './methods.js';
import type { ScoringProtocol } from './protocols.js';

/** What all cells of a table have in common. */
export interface TableSetting {
  readonly train: DatasetSpec;
  /** Images that are scored; the training images themselves where the protocol says so. */
  readonly score: DatasetSpec;
  readonly protocol: ScoringProtocol;
  /** Of AC; the seed is each cell's own. */
  readonly config: TrainConfig;
}

/** The scores of a network on its way. */
export interface CheckpointScore {
  readonly step: number;
  /** Of training, without the scoring. */
  readonly seconds: number;
  /** Mean over the steps since the checkpoint before. */
  readonly loss: number;
  readonly pixelAccuracy: number;
  readonly meanIoU: number;
}

export interface Cell {
  /** Id of the line that it belongs to. */
  readonly method: string;
  readonly seed: number;
  /** Of the last checkpoint. */
  readonly evaluation: Evaluation;
  /** Ascending; empty where nothing is trained. */
  readonly checkpoints: readonly CheckpointScore[];
  /** Pixel accuracy of a linear probe of the features, where there is a network. */
  readonly linearProbe?: number;
}

/** The cell of a method of the table. */
export async function makeCell(
  method: TableMethod,
  seed: number,
  setting: TableSetting,
  folder: string,
  onStep?: (metrics: StepMetrics) => void,
): Promise<Cell> {
  if (isTrained(method)) {
    const config = configOfMethod(method, setting.config, seed);
    return trainedCell({ method, title: titleOf(method), config }, setting, folder, onStep);
  }
  const datasets = openBoth(setting);
  const { config, protocol } = setting;
  const { centroids: _, ...evaluation } = await runBaseline(method, datasets.score, {
    clusters: config.clusters,
    seed,
    fitOn: datasets.train,
    config,
    ...(protocol.matchedOn === 'the training images' && { matchOn: datasets.train }),
  });
  if (method !== 'random-cnn') return { method, seed, evaluation, checkpoints: [] };
  const network = networkOf({ ...config, seed }, datasets.train.channels);
  try {
    const statistics = await channelStatistics(datasets.train, { seed });
    const probe = await probeAccuracy(featureExtractor(network, statistics), seed, datasets);
    return { method, seed, evaluation, checkpoints: [], linearProbe: probe };
  } finally {
    network.dispose();
  }
}

/** What a cell trains. */
export interface TrainedLine {
  readonly method: string;
  readonly title: string;
  readonly config: TrainConfig;
  /** @defaultValue 'unmasked' */
  readonly view?: InferenceView;
}

/** Trains, scores at each checkpoint, and probes. */
export async function trainedCell(
  { method, title, config, view = 'unmasked' }: TrainedLine,
  setting: TableSetting,
  folder: string,
  onStep: (metrics: StepMetrics) => void = () => {},
): Promise<Cell> {
  const { seed } = config;
  const datasets = openBoth(setting);
  const out = join(folder, 'runs', `${method}-${seed}`);
  const checkpoints: CheckpointScore[] = [];
  let losses: number[] = [];
  let evaluation: Evaluation | undefined;
  const outcome = await train({
    dataset: setting.train,
    config,
    out,
    force: true,
    onStep(metrics) {
      losses.push(metrics.loss);
      onStep(metrics);
    },
    async onCheckpoint({ model, step, seconds }) {
      evaluation = await evaluateModel(model, setting, datasets, { title, view, seed, step });
      const { pixelAccuracy, meanIoU } = evaluation;
      const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
      checkpoints.push({ step, seconds, loss, pixelAccuracy, meanIoU });
      losses = [];
    },
  });
  if (outcome.status !== 'finished' || !evaluation) throw new UserError(`table: ${out} was interrupted.`);
  const { model } = loadRun(out);
  try {
    const probe = await probeAccuracy(featureExtractor(model.network, model.statistics, view), seed, datasets);
    return { method, seed, evaluation, checkpoints, linearProbe: probe };
  } finally {
    model.network.dispose();
    // The weights are the largest part, and nothing reads them any more.
    rmSync(join(out, 'checkpoints'), { recursive: true, force: true });
  }
}

interface Datasets {
  readonly train: Dataset;
  readonly score: Dataset;
}

function openBoth({ train, score }: TableSetting): Datasets {
  return { train: openDataset(train), score: openDataset(score) };
}

async function evaluateModel(
  model: SegmenterModel,
  { train: spec, protocol, config }: TableSetting,
  datasets: Datasets,
  {
    title,
    view,
    seed,
    step,
  }: { readonly title: string; readonly view: InferenceView; readonly seed: number; readonly step: number },
): Promise<Evaluation> {
  const confusionOn = async (dataset: Dataset): Promise<ConfusionMatrix> => {
    const { confusion } = await surveyDataset(model, dataset, { view });
    if (!confusion) throw new UserError(`table: ${dataset.name} has no labels. Add --labels DIR.`);
    return confusion;
  };
  const scored = await confusionOn(datasets.score);
  const matchOn = protocol.matchedOn === 'the training images' ? await confusionOn(datasets.train) : scored;
  return evaluateConfusion(
    scored,
    {
      method: title,
      dataset: datasets.score.name,
      images: datasets.score.size,
      trainedOn: describeSpec(spec),
      matching: 'one-to-one',
      matchedOn: protocol.matchedOn,
      ignoreId: datasets.score.ignoreId,
      clusters: config.clusters,
      classes: datasets.score.classes.length,
      resolution: 'of each label',
      seed,
      scoring: protocol.name,
      view,
      head: model.head,
      checkpoint: `last (step ${step})`,
    },
    matchOn,
  );
}

async function probeAccuracy(features: FeatureExtractor, seed: number, { train, score }: Datasets): Promise<number> {
  const { classes, ignoreId } = score;
  const { pixelAccuracy } = await linearProbe(train, score, {
    features,
    classes: classes.length,
    ignoreId,
    seed,
    sampleSize: 10_000,
    steps: 500,
  });
  return pixelAccuracy;
}
