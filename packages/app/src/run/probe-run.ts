/** Probes of a run's frozen features: learned from one part of the labels, scored on another. */
import { isDeepStrictEqual } from 'node:util';
import { openDataset, UnreadableImageError, type Dataset, type Sample } from '@autoregseg/data';
import { linearProbe, nonLinearProbe, type Evaluation, type Samples } from '@autoregseg/evaluation';
import { UserError } from '../errors.js';
import { featureExtractor } from '../inference/features.js';
import { loadRun, type LoadedRun } from '../inference/model.js';
import type { InferenceView } from '../inference/segmenter.js';
import { describeSpec } from './evaluate-run.js';

export const PROBE_KINDS = ['linear', 'non-linear'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

export interface ProbeRunOptions {
  readonly kind: ProbeKind;
  readonly view: InferenceView;
  readonly seed: number;
  readonly steps?: number;
  /** Units of the non-linear probe. */
  readonly hidden?: number;
  readonly onWarning?: (message: string) => void;
}

/**
 * @param dataset - labelled images to score on
 * @throws RangeError when there are no labels to learn from or to score; UserError when the folder is no run
 */
export async function probeRun(path: string, dataset: Dataset, options: ProbeRunOptions): Promise<Evaluation> {
  const loaded = loadRun(path, options.onWarning);
  try {
    return await probeModel(loaded, dataset, options);
  } finally {
    loaded.model.network.dispose();
  }
}

/** The same of a run that is loaded already. */
function probeModel(
  { model, run, step }: LoadedRun,
  dataset: Dataset,
  { kind, view, seed, steps, hidden }: ProbeRunOptions,
): Promise<Evaluation> {
  const own = openDataset(run.dataset);
  const [train, test] = learnedAndScored(own, dataset);
  const options = {
    features: featureExtractor(model.network, model.statistics, view),
    classes: dataset.classes.length,
    ignoreId: dataset.ignoreId,
    seed,
    steps,
    protocol: {
      dataset: test.name,
      trainedOn: `labels of ${train.name}; features: ${describeSpec(run.dataset)}`,
      features: run.config.method === 'arl' ? 'autoregressive representations' : 'autoregressive clustering',
      view,
      checkpoint: `last (step ${step})`,
    },
  };
  return kind === 'linear' ? linearProbe(train, test, options) : nonLinearProbe(train, test, { ...options, hidden });
}

/** How much of a dataset is learned from where nothing else has labels. */
const LEARNED = 2 / 3;

/**
 * The labels of the images that the features were learned from, where there are any and others are scored; else the
 * dataset in two parts. The parts are cut once, not drawn: neighbouring frames of one film are nearly the same image.
 */
function learnedAndScored(own: Dataset, dataset: Dataset): [Samples & { name: string }, Samples & { name: string }] {
  const same = isDeepStrictEqual(own.ids, dataset.ids) && own.name === dataset.name;
  if (!same && own.classes.length > 0 && isDeepStrictEqual(own.classes, dataset.classes)) {
    return [named(own, `the training images (${own.name})`), named(dataset, dataset.name)];
  }
  const cut = Math.round(dataset.size * LEARNED);
  if (cut < 1 || cut === dataset.size) {
    throw new UserError(
      `probe: ${dataset.name} has ${dataset.size} images; two are needed, to learn from and to score.`,
    );
  }
  return [
    named(part(dataset, 0, cut), `${dataset.name}, images 1 to ${cut}`),
    named(part(dataset, cut, dataset.size), `${dataset.name}, images ${cut + 1} to ${dataset.size}`),
  ];
}

function named(samples: AsyncIterable<Sample>, name: string): AsyncIterable<Sample> & { readonly name: string } {
  return { name, [Symbol.asyncIterator]: () => samples[Symbol.asyncIterator]() };
}

function part(dataset: Dataset, from: number, to: number): AsyncIterable<Sample> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let index = from; index < to; index++) {
        try {
          yield await dataset.get(index);
        } catch (error) {
          // As when the whole dataset is walked: what cannot be read is left out.
          if (!(error instanceof UnreadableImageError)) throw error;
        }
      }
    },
  };
}
