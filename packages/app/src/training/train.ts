/**
 * A whole training run: from a dataset and a configuration to a run folder, or on from where one stopped.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset, type Dataset, type DatasetSpec } from '@autoregseg/data';
import { describeEngine, useEngine, type EnginePreference } from '@autoregseg/engine';
import { untilAborted } from '../inference/dataset-part.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import { ALONE, type Communicator } from '../distributed/communicator.js';
import type { FeatureSpec } from '../features/feature-spec.js';
import { openTrainingData } from '../features/feature-training.js';
import { removeLeftovers } from '../run/atomic-file.js';
import { cleanCheckpoints, readNewestCheckpoint, writeCheckpoint } from '../run/checkpoint.js';
import { describeMachine } from '../run/machine.js';
import { appendMetrics, truncateMetrics, type StepMetrics } from '../run/metrics.js';
import type { RunConfig } from '../run/run-config.js';
import { prepareOutputFolder, writeRunFile } from '../run/run-folder.js';
import { lockRun } from '../run/run-lock.js';
import { formerManifest, recordFailure, writeManifest, type RunManifest } from '../run/run-manifest.js';
import { dropSnapshotsAfter, snapshotSteps, writeSnapshot } from '../run/snapshots.js';
import { openTensorBoard } from '../run/tensorboard.js';
import type { TrainConfig } from './config.js';
import { checkFeasible, checkTeam } from './feasibility.js';
import { CollapseWatch } from './guards/collapse-watch.js';
import { SkipCounter } from './guards/finite-guard.js';
import { LeakWatch } from './guards/leak-watch.js';
import { goesOn, sendStart } from './follow.js';
import { ignoredWishes, isSameLength, resumedConfig, startedConfig } from './run-choices.js';
import { isDone } from './schedule.js';
import { TrainingSession } from './session.js';
import type { SessionStep } from './session-step.js';
import type { SessionState } from './session-state.js';

export interface TrainRequest {
  readonly dataset: DatasetSpec;
  /** Train on feature maps of the images instead of on the images. */
  readonly features?: FeatureSpec;
  readonly config: TrainConfig;
  /** The run's folder. */
  readonly out: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly engine?: EnginePreference;
  /** Folder for decoded images: they are decoded once, for all runs on the dataset. */
  readonly cache?: string;
  /** What the user typed, for the manifest and the report. */
  readonly command?: string;
  /** Aborted by Ctrl-C: the step under way is finished and a checkpoint written; what follows the last step is left to `resume`. */
  readonly signal?: AbortSignal;
  /** Processes that train together; this is the first of them, the others `follow`. @defaultValue this one is alone */
  readonly team?: Communicator;
  /** Told after each feature map that is read or made before training. */
  readonly onFeatures?: (done: number, total: number) => void;
  readonly onStart?: (info: { readonly images: number; readonly parameters: number; readonly step: number }) => void;
  readonly onStep?: (metrics: StepMetrics, steps: number) => void;
  /** Told that the last step is taken: what is left (finish.ts) may take a while. */
  readonly onFinish?: () => void;
  readonly onWarning?: (message: string) => void;
  /**
   * Given the network after each checkpoint, such as to score it; the time that it takes is not training's. A run that goes on
   * from a checkpoint begins with it: the process before may have been killed before it was done.
   */
  readonly onCheckpoint?: (checkpoint: CheckpointView) => Promise<void>;
}

/** A network on its way; it belongs to the training. */
export interface CheckpointView {
  readonly step: number;
  /** Of training so far. */
  readonly seconds: number;
  readonly model: SegmenterModel;
  /** The best main head, whether or not it segments. */
  readonly mainHead: string;
}

/** What watches over a training, and whom it tells. */
interface Supervision {
  readonly config: TrainConfig;
  readonly guards: { readonly skips: SkipCounter; readonly collapse: CollapseWatch; readonly leaks: LeakWatch };
  readonly tell: (warning: string | undefined) => void;
}

export interface TrainOutcome {
  readonly status: 'finished' | 'interrupted';
  readonly manifest: RunManifest;
}

/**
 * Trains, or resumes a training, and leaves a run folder.
 *
 * @throws UserError for what the user can mend: folder, data, a loss that is no number
 */
export async function train(request: TrainRequest): Promise<TrainOutcome> {
  const { out, resume = false, force = false } = request;
  const resumed = resume && existsSync(join(out, 'config.json'));
  if (!resumed) {
    if (!request.features) checkFeasible(request.config, openDataset(request.dataset));
    prepareOutputFolder(out, { force });
  }
  const unlock = lockRun(out);
  try {
    removeLeftovers(out);
    cleanCheckpoints(out);
    return await trainLocked(request, resumed);
  } finally {
    unlock();
  }
}

async function trainLocked(request: TrainRequest, resumed: boolean): Promise<TrainOutcome> {
  const { out, signal, team = ALONE } = request;
  const warnings: string[] = [];
  const tell = (warning: string | undefined) => {
    if (warning === undefined) return;
    // A run that is resumed meets the faults of its data again.
    if (!warnings.includes(warning)) warnings.push(warning);
    request.onWarning?.(warning);
  };
  const engine = await useEngine(request.engine);
  const before = resumed ? formerManifest(out) : undefined;
  warnings.push(...(before?.warnings ?? []));
  const resumedRun = resumed ? resumedConfig(out, request) : undefined;
  const dataset = await openTrainingData(resumedRun ?? request, out, {
    cache: request.cache,
    onFeatures: request.onFeatures,
    onWarning: tell,
  });
  if (resumedRun) tell(ignoredWishes(resumedRun, request, dataset));
  const run = resumedRun ?? (await startedConfig(request, dataset));
  checkTeam(run.config, team);
  const command = before && isSameLength(out, run.config) ? before.command : (request.command ?? '');
  const checkpoint = resumed ? readNewestCheckpoint<SessionState>(out, tell) : undefined;
  const metricsFile = join(out, 'metrics.jsonl');
  if (checkpoint) truncateMetrics(metricsFile, checkpoint.step);
  else rmSync(metricsFile, { force: true });

  const session = new TrainingSession(run.config, dataset, run.statistics, { from: checkpoint, team });
  // All processes begin with these weights.
  sendStart(team, { run, ids: dataset.ids, checkpoint: await session.checkpoint() });
  // Learned features get their clusters at the end: there are none to look at on the way.
  const snapshots = run.config.method === 'ac' ? snapshotSteps(run.config.steps) : [];
  dropSnapshotsAfter(out, session.step);
  const board = openTensorBoard(join(out, 'tensorboard'));
  const startedAt = before?.startedAt ?? new Date().toISOString();
  const manifest = (status: RunManifest['status']): RunManifest => ({
    status,
    step: session.step,
    seconds: session.seconds,
    dataShare: session.seconds > 0 ? session.dataSeconds / session.seconds : 0,
    head: session.model().head,
    distilled: session.finished?.distilled,
    engine: describeEngine(engine),
    machine: describeMachine(),
    command,
    images: dataset.size,
    startedAt,
    updatedAt: new Date().toISOString(),
    warnings,
    seeds: before?.seeds,
  });
  const guards = { skips: new SkipCounter(), collapse: new CollapseWatch(run.config), leaks: new LeakWatch() };
  const record = (steps: readonly SessionStep[]) => {
    for (const step of steps) {
      const metrics = metricsOf(step, session.bestHead(), { config: run.config, guards, tell });
      appendMetrics(metricsFile, metrics);
      board?.write(metrics);
      request.onStep?.(metrics, run.config.steps);
    }
  };
  const save = async (status: RunManifest['status']) => {
    writeCheckpoint(out, await session.checkpoint(), { keep: run.config.keepCheckpoints });
    writeManifest(out, manifest(status));
  };

  try {
    writeRunFile(out, 'config.json', run);
    writeManifest(out, manifest('running'));
    const parameters = session.network.variables.reduce((total, variable) => total + variable.size, 0);
    request.onStart?.({ images: dataset.size, parameters, step: session.step });
    // Whoever was to be told of it may have been killed over it; one that is still to be finished is told of then.
    const wasDue = isCheckpointStep(session, run.config) || isDone(session, run.config);
    if (session.finished && wasDue) await request.onCheckpoint?.(viewOf(session, run));
    while (await goesOn(team, () => isDone(session, run.config) || signal?.aborted === true)) {
      await session.advance().then(record);
      if (snapshots.includes(session.step)) await writeSnapshot(out, session.step, session.network);
      const isDue = isCheckpointStep(session, run.config) && !isDone(session, run.config);
      if (isDue) await session.settle().then(record);
      // Weights that gave no numbers are not worth a checkpoint, and might push out one that is.
      if (isDue && guards.skips.inARow === 0) {
        // Who looks at clusters on the way wants them made.
        if (request.onCheckpoint) await session.finish(dataset);
        await save('running');
        await request.onCheckpoint?.(viewOf(session, run));
      }
    }
    await session.settle().then(record);
    if (!isDone(session, run.config)) {
      await save('interrupted');
      return { status: 'interrupted', manifest: manifest('interrupted') };
    }
    if (session.finished) {
      writeManifest(out, manifest('finished'));
    } else {
      // What follows may take a minute, and fail: `resume` then begins here.
      if (checkpoint?.step !== session.step) await save('running');
      request.onFinish?.();
      if (!(await finishes(session, dataset, signal))) {
        writeManifest(out, manifest('interrupted'));
        return { status: 'interrupted', manifest: manifest('interrupted') };
      }
      await save('finished');
      await request.onCheckpoint?.(viewOf(session, run));
    }
    return { status: 'finished', manifest: manifest('finished') };
  } catch (error) {
    recordFailure(out, manifest('failed'));
    throw error;
  } finally {
    board?.close();
    await session.dispose();
    if ('close' in dataset) await dataset.close();
  }
}

/** Does what is left after the last step; false where the signal stopped it, of which nothing is kept then. */
async function finishes(session: TrainingSession, dataset: Dataset, signal?: AbortSignal): Promise<boolean> {
  try {
    await session.finish(signal ? untilAborted(dataset, signal) : dataset);
    return true;
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return false;
    throw error;
  }
}

function viewOf(session: TrainingSession, { working }: RunConfig): CheckpointView {
  const { step, seconds } = session;
  const mainHead = session.mainHeads[session.bestHead()];
  return { step, seconds, model: { ...session.model(), working }, mainHead };
}

/** The metrics of a step; tells of what is wrong with it, if anything. */
function metricsOf(made: SessionStep, best: number, { config, guards, tell }: Supervision): StepMetrics {
  const { step, loss, skipped, tensors, effectiveClusters, learningRate, seconds, dataSeconds } = made;
  const plain = { step, loss, learningRate, seconds, dataSeconds, tensors };
  if (skipped) tell(guards.skips.skipped(skipped, config.learningRate));
  else guards.skips.good();
  // Features have no clusters to collapse into one.
  if (config.method === 'ac') tell(guards.collapse.look(step, effectiveClusters[best]));
  tell(guards.leaks.look(step, tensors));
  return {
    ...plain,
    information: made.information[best],
    effectiveClusters: effectiveClusters[best],
    agreement: made.agreement[best],
    imagesPerSecond: config.batchSize / made.stepSeconds,
    ...(skipped && { skipped: skipped.term }),
  };
}

function isCheckpointStep({ step }: TrainingSession, { checkpointEvery }: TrainConfig): boolean {
  return step % checkpointEvery === 0;
}
