/**
 * One recipe trained from several seeds, and the run of them to keep, chosen without labels.
 *
 * Runs that differ by nothing but chance may differ by points of accuracy. Kept is the one whose orderings agree most on the
 * same images, by the rule that chooses among the heads of a run: it leaves out a run that went wrong, and chooses by chance
 * among runs that are as good (docs/results.md).
 */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { openTrainingData } from '../features/feature-training.js';
import { loadUncutRun } from '../inference/model.js';
import { orderingScores } from '../inference/ordering-scores.js';
import { readRunConfig } from '../run/run-config.js';
import { prepareOutputFolder, readRunFile, SEEDS_FOLDER } from '../run/run-folder.js';
import { lockRun } from '../run/run-lock.js';
import { writeManifest, type RunManifest, type SeedScores } from '../run/run-manifest.js';
import { chosenHead } from './head-choice.js';
import { train, type TrainOutcome, type TrainRequest } from './train.js';

export interface SeedsRequest extends TrainRequest {
  /** How many seeds, counted from that of the configuration. */
  readonly seeds: number;
}

/** Trains one run; told its place among them, from 1. */
export type TrainOne = (request: TrainRequest, place: number) => Promise<TrainOutcome>;

/** Training images that runs are compared on, at most. */
const COMPARED_IMAGES = 100;

/**
 * Trains a run of each seed, one after the other, in `out`/seeds, and copies the one to keep to `out`, which is a run like
 * any other then. With `resume` it goes on where it stopped.
 *
 * @returns the outcome of the run that is kept, or of the one that was interrupted
 * @throws RangeError for a method without clusters that orderings could agree on; else as `train`
 */
export async function trainSeeds(request: SeedsRequest, trainOne: TrainOne = train): Promise<TrainOutcome> {
  const { seeds, ...shared } = request;
  const { out, config, resume = false, force = false } = shared;
  if (config.method !== 'ac') {
    throw new RangeError(`trainSeeds: seeds are chosen by how far clusters agree, and ${config.method} learns none`);
  }
  if (resume && existsSync(join(out, 'manifest.json'))) {
    // One is kept already; it may be asked to go on for longer.
    return trainOne({ ...shared, config: { ...config, seed: readRunConfig(out).config.seed } }, 1);
  }
  if (!resume) prepareOutputFolder(out, { force });
  const unlock = lockRun(out);
  try {
    const runs: string[] = [];
    for (let place = 1; place <= seeds; place++) {
      const seed = config.seed + place - 1;
      const run = join(out, SEEDS_FOLDER, `seed-${seed}`);
      const outcome = await trainOne({ ...shared, config: { ...config, seed }, out: run, resume: true }, place);
      if (outcome.status === 'interrupted') return outcome;
      runs.push(run);
    }
    return await keepBest(runs, request);
  } finally {
    unlock();
  }
}

async function keepBest(runs: readonly string[], { out, command }: SeedsRequest): Promise<TrainOutcome> {
  const scores: SeedScores[] = [];
  for (const run of runs) scores.push(await scoresOf(run));
  const best = chosenHead({
    information: scores.map(({ information }) => information),
    kappa: scores.map(({ kappa }) => kappa),
  });
  // The manifest comes last: without it there is no run yet, and the choice is made again.
  const last = join(runs[best], 'manifest.json');
  cpSync(runs[best], out, { recursive: true, filter: (path) => path !== last });
  const manifest = { ...readRunFile<RunManifest>(runs[best], 'manifest.json'), command: command ?? '', seeds: scores };
  writeManifest(out, manifest);
  return { status: 'finished', manifest };
}

/** How far the orderings of a run agree on its training images. */
async function scoresOf(run: string): Promise<SeedScores> {
  const { model, run: made } = loadUncutRun(run);
  try {
    const dataset = await openTrainingData(made, run);
    const { information, kappa } = await orderingScores(model, dataset, COMPARED_IMAGES);
    return { seed: made.config.seed, information, kappa };
  } finally {
    model.network.dispose();
  }
}
