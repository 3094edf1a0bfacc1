/** One run of a study: trained in its folder, scored at its checkpoints, and summed up in result.json. */
import { join } from 'node:path';
import { openDataset } from '@autoregseg/data';
import type { EnginePreference } from '@autoregseg/engine';
import { clusterTree, cutTree } from '@autoregseg/evaluation';
import { UserError } from '../errors.js';
import { countMeetings, hasOverclustersFor, smallestShare } from '../inference/merged-overclusters.js';
import { writeFileAtomic } from '../run/atomic-file.js';
import { readJsonFile } from '../run/json-file.js';
import { resolveConfig } from '../training/config.js';
import { train } from '../training/train.js';
import { writePartitions } from './partitions.js';
import { MERGED_OVERCLUSTERS, scoreHeads, type HeadScores } from './score-heads.js';
import { cellName, type Study, type StudyCell } from './study-file.js';

export interface CellCheckpoint {
  readonly step: number;
  /** Processor seconds of training up to here, over all threads: on a busy machine the fairer time. */
  readonly cpuSeconds: number;
  /** The head that the run would segment with, chosen without labels: a main head, or the merged overclusters. */
  readonly head: string;
  /** The best main head, whether or not the run segments with it; studies of early versions do not say, theirs is `head`. */
  readonly mainHead?: string;
  /** Of the best main head: what its smallest cluster has of an even share (merged-overclusters.ts); of the last step alone. */
  readonly smallestShare?: number;
  readonly heads: Readonly<Record<string, HeadScores>>;
}

export interface CellResult extends StudyCell {
  /** Of training alone. */
  readonly seconds: number;
  readonly engine: string;
  readonly checkpoints: readonly CellCheckpoint[];
}

/** Trains and scores one cell; one that was interrupted goes on where it stopped. */
export async function runCell(
  study: Study,
  cell: StudyCell,
  out: string,
  options: { readonly engine?: EnginePreference; readonly signal?: AbortSignal } = {},
): Promise<CellResult | undefined> {
  const { train: trainSpec, test, clusters } = study.datasets[cell.dataset];
  const { preset, changes } = study.recipes[cell.recipe];
  const tests = test.map((spec) => openDataset(spec));
  const classes = tests[0].classes.length;
  if (classes === 0) throw new UserError(`study: dataset ${cell.dataset} has no labels to score on.`);
  const wanted = resolveConfig(preset, { clusters: clusters ?? classes, ...changes, seed: cell.seed });
  const checkpointEvery = Math.ceil(wanted.steps / study.checkpoints);
  const folder = join(out, cellName(cell));
  const scored = join(folder, 'checkpoints.json');
  const checkpoints = readJsonFile<CellCheckpoint[]>(scored) ?? [];
  // Written before a checkpoint is scored: scoring is where a killed process most likely was.
  const clock = join(folder, 'cpu-seconds.json');
  const elapsed = trainingClock(readJsonFile<number>(clock) ?? checkpoints.at(-1)?.cpuSeconds ?? 0);
  const { manifest, status } = await train({
    dataset: trainSpec,
    config: { ...wanted, checkpointEvery },
    out: join(folder, 'run'),
    resume: true,
    engine: options.engine,
    command: `autoregseg study, cell ${cellName(cell)}`,
    signal: options.signal,
    async onCheckpoint({ model, mainHead, step }) {
      if (checkpoints.some((known) => known.step >= step)) return;
      const cpuSeconds = elapsed.seconds();
      writeFileAtomic(clock, JSON.stringify(cpuSeconds));
      const isCut = step === wanted.steps && hasOverclustersFor(model);
      const counted =
        isCut && (await countMeetings({ ...model, head: mainHead }, openDataset(trainSpec), wanted.lightGroups));
      // As `autoregseg tree -k` makes it, whether or not the run segments with it.
      const mergedInto = model.groups ?? (counted ? cutTree(clusterTree(...counted.over), model.clusters) : undefined);
      const { heads, partitions } = await scoreHeads(model, tests, mergedInto);
      checkpoints.push({
        step,
        cpuSeconds,
        head: model.groups ? MERGED_OVERCLUSTERS : model.head,
        mainHead,
        ...(counted && { smallestShare: smallestShare(counted.main, model.clusters) }),
        heads,
      });
      writePartitions(folder, partitions);
      writeFileAtomic(scored, JSON.stringify(checkpoints));
      elapsed.skip();
    },
  });
  if (status === 'interrupted') return undefined;
  const result: CellResult = { ...cell, seconds: manifest.seconds, engine: manifest.engine, checkpoints };
  writeFileAtomic(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** Processor seconds since now, on top of `before`; `skip` leaves out what passed since the last reading. */
function trainingClock(before: number) {
  const now = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  let start = now() - before;
  let read = before;
  return {
    seconds: () => (read = now() - start),
    skip: () => (start = now() - read),
  };
}

/** The result of a cell that is done, else undefined. */
export function readCell(out: string, cell: StudyCell): CellResult | undefined {
  return readJsonFile(join(out, cellName(cell), 'result.json'));
}
