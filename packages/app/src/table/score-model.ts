/** How a network is scored in a table: clusters under its protocol, and probes of its features. */
import { openDataset, type Dataset } from '@autoregseg/data';
import {
  evaluateConfusion,
  linearProbe,
  nonLinearProbe,
  type ConfusionMatrix,
  type Evaluation,
  type FeatureExtractor,
} from '@autoregseg/evaluation';
import { UserError } from '../errors.js';
import type { InferenceView, SegmenterModel } from '../inference/segmenter.js';
import { surveyDataset } from '../inference/survey.js';
import { describeSpec } from '../run/evaluate-run.js';
import type { Cell, TableSetting } from './cell.js';

export interface TableDatasets {
  readonly train: Dataset;
  readonly score: Dataset;
}

export function openBoth({ train, score }: Pick<TableSetting, 'train' | 'score'>): TableDatasets {
  return { train: openDataset(train), score: openDataset(score) };
}

export interface ScoredModel {
  readonly model: SegmenterModel;
  readonly title: string;
  readonly view: InferenceView;
  readonly seed: number;
  readonly step: number;
}

/** Clusters matched to classes and scored as the table's protocol says. */
export async function evaluateModel(
  { model, title, view, seed, step }: ScoredModel,
  { train: spec, protocol, config }: TableSetting,
  datasets: TableDatasets,
): Promise<Evaluation> {
  const confusionOn = async (dataset: Dataset): Promise<ConfusionMatrix> => {
    const { confusion } = await surveyDataset(model, dataset, { view });
    if (!confusion) throw new UserError(`table: ${dataset.name} has no labels. Add --labels DIR.`);
    return confusion;
  };
  const { score } = datasets;
  const scored = await confusionOn(score);
  const matchOn = protocol.matchedOn === 'the training images' ? await confusionOn(datasets.train) : scored;
  return evaluateConfusion(
    scored,
    {
      method: title,
      dataset: score.name,
      images: score.size,
      trainedOn: describeSpec(spec),
      matching: 'one-to-one',
      matchedOn: protocol.matchedOn,
      ignoreId: score.ignoreId,
      clusters: config.clusters,
      classes: score.classes.length,
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

/** Places that a probe learns from, and its steps: enough for a table, and little beside a training. */
const PROBE = { sampleSize: 10_000, steps: 500 } as const;

/** Both probes, learned on the labels of the training images and scored on the same images as all else. */
export async function probeFeatures(
  features: FeatureExtractor,
  seed: number,
  { train, score }: TableDatasets,
): Promise<Required<Pick<Cell, 'linearProbe' | 'nonLinearProbe'>>> {
  const { classes, ignoreId } = score;
  const options = { features, classes: classes.length, ignoreId, seed, ...PROBE };
  const linear = await linearProbe(train, score, options);
  const nonLinear = await nonLinearProbe(train, score, options);
  return { linearProbe: linear.pixelAccuracy, nonLinearProbe: nonLinear.pixelAccuracy };
}
