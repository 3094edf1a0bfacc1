/** Scores of a run on a labelled dataset, with the protocol that produced them. */
import type { Dataset } from '@autoregseg/data';
import { evaluateConfusion, evaluateMatched, MATCHINGS, type Evaluation, type Matching } from '@autoregseg/evaluation';
import { UserError } from '../errors.js';
import { readClusterEdits, type ClusterEdits } from './cluster-edits.js';
import type { TrainConfig } from '../training/config.js';
import { surveyDataset, type Survey } from '../inference/survey.js';
import { loadRun, type LoadedRun } from '../inference/model.js';
import { DISTILLED_HEAD, OVERCLUSTERING_HEAD } from '../training/heads.js';
import type { InferenceView } from '../inference/segmenter.js';

/** Scores with the names of the classes that they are about. */
export interface RunEvaluation extends Evaluation {
  readonly classNames: readonly string[];
}

/** How clusters come to classes: by the labels, or, where somebody named the clusters, by the names. */
export type RunMatching = Matching | 'names';

export const RUN_MATCHINGS: readonly RunMatching[] = [...MATCHINGS, 'names'];

export interface EvaluateRunOptions {
  readonly view: InferenceView;
  readonly match: RunMatching;
  /** Radius of the guided filter, in pixels that the network sees. @defaultValue none */
  readonly refine?: number;
  readonly onProgress?: (done: number) => void;
  readonly onWarning?: (message: string) => void;
}

/** @throws UserError when the run can't be read or no labelled pixel was found */
export async function evaluateRun(path: string, dataset: Dataset, options: EvaluateRunOptions): Promise<RunEvaluation> {
  const loaded = loadRun(path, options.onWarning, options.refine);
  try {
    const survey = await surveyDataset(loaded.model, dataset, options);
    return scoreSurvey(loaded, dataset, survey, { ...options, edits: readClusterEdits(path, loaded.model.clusters) });
  } finally {
    loaded.model.network.dispose();
  }
}

/** The scores of a survey that has been made already. */
export function scoreSurvey(
  { run, step, model }: LoadedRun,
  dataset: Dataset,
  { confusion, images }: Survey,
  { view, match, edits }: Pick<EvaluateRunOptions, 'view' | 'match'> & { readonly edits: ClusterEdits },
): RunEvaluation {
  if (!confusion || confusion.counts.every((count) => count === 0)) {
    throw new UserError(`evaluate: no labelled pixel in ${dataset.name}. Check --labels and --label-map.`);
  }
  const choices = {
    method: methodName(run.config),
    dataset: dataset.name,
    images: images.length,
    trainedOn: describeSpec(run.dataset),
    ignoreId: dataset.ignoreId,
    clusters: model.clusters,
    classes: dataset.classes.length,
    resolution: 'of the label',
    workingSize: describeWorking(run.working),
    view,
    ...(model.refine !== undefined && { refinement: `guided filter, radius ${model.refine} pixels` }),
    head: headChoice(model.head, run.config),
    checkpoint: `last (step ${step})`,
    seed: run.config.seed,
  };
  const evaluation =
    match === 'names'
      ? evaluateMatched(
          confusion,
          { ...choices, matching: 'none', matchedOn: 'the names of its clusters' },
          classesByName(edits, dataset.classes, model.clusters),
        )
      : evaluateConfusion(confusion, { ...choices, matching: match, matchedOn: 'the images it is scored on' });
  return { ...evaluation, classNames: dataset.classes };
}

/** The size that images are segmented at. */
function describeWorking({ size, longSide }: LoadedRun['run']['working']): string {
  if (size) return size.join('x');
  return longSide === undefined ? 'of each image' : `longer side at most ${longSide}`;
}

/** [clusters] the class that has the cluster's name, -1 for none. @throws UserError when no cluster has one */
function classesByName({ names, merged }: ClusterEdits, classes: readonly string[], clusters: number): number[] {
  const matching = Array.from({ length: clusters }, (_, cluster) => classes.indexOf(names[merged[cluster] ?? cluster]));
  if (matching.every((classId) => classId === -1)) {
    throw new UserError(
      `evaluate: no cluster is named like one of the classes ${classes.join(', ')}. ` +
        'Name them by `autoregseg tree RUN --clicks FILE` or in `autoregseg view`.',
    );
  }
  return matching;
}

/** What a configuration trains, in words. */
function methodName({ method, pairing }: TrainConfig): string {
  if (method === 'arl') return 'autoregressive representation learning, K-means on features';
  return pairing === 'unmasked' ? 'invariant information clustering' : 'autoregressive clustering';
}

function headChoice(head: string, { method, mainHeads, overclusters }: TrainConfig): string {
  if (head === DISTILLED_HEAD) return `${head}, taught what the eight orderings agree on`;
  if (head === OVERCLUSTERING_HEAD) return `${overclusters} overclusters, merged by their tree`;
  return method === 'arl'
    ? `${head}, K-means on features`
    : `${head} of ${mainHeads}, chosen by agreement of orderings`;
}

/** A dataset's description in a few words, without the bulk of its label map. */
export function describeSpec(spec: object): string {
  const { labelMap: _, ...rest } = spec as { readonly labelMap?: unknown };
  return Object.entries(rest)
    .map(([key, value]) => `${key} ${describeValue(value)}`)
    .join(', ');
}

/** Sizes as height x width, several paths as a list. */
function describeValue(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.join(value.every((part) => typeof part === 'number') ? 'x' : ' and ');
}
