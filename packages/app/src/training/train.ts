/**
 * A whole training run: from a dataset and a configuration to a run folder, or on from where one stopped.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  channelStatistics,
  cocoStuffLongSide,
  type Dataset,
  type ChannelStatistics,
  type DatasetSpec,
  type TargetSize,
} from '@autoregseg/data';
import { describeEngine, useEngine, type EnginePreference } from '@autoregseg/engine';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import type { FeatureSpec } from '../features/feature-spec.js';
import { featureConfig, openTrainingData } from '../features/feature-training.js';
import { readNewestCheckpoint, writeCheckpoint } from '../run/checkpoint.js';
import { describeMachine } from '../run/machine.js';
import { appendMetrics, truncateMetrics, type StepMetrics } from '../run/metrics.js';
import { lockRun, prepareOutputFolder, readRunFile, writeRunFile } from '../run/run-folder.js';
import { dropSnapshotsAfter, snapshotSteps, writeSnapshot } from '../run/snapshots.js';
import { openTensorBoard } from '../run/tensorboard.js';
import { trainConfigSchema, type TrainConfig } from './config.js';
import { TrainingSession, type SessionState } from './session.js';

/** RUN/config.json: what was asked for. */
export interface RunConfig {
  readonly config: TrainConfig;
  readonly dataset: DatasetSpec;
  readonly statistics: ChannelStatistics;
  readonly channels: number;
  readonly working: TargetSize;
  /** What the network sees instead of the images. */
  readonly features?: FeatureSpec;
}

/** RUN/manifest.json: what happened. */
export interface RunManifest {
  readonly status: 'running' | 'interrupted' | 'finished' | 'failed';
  readonly step: number;
  readonly seconds: number;
  /** Share of these seconds spent waiting for images, 0..1. */
  readonly dataShare: number;
  /** The main head with the most mutual information. */
  readonly head: string;
  readonly engine: string;
  readonly machine: ReturnType<typeof describeMachine>;
  /** The command line that made it. */
  readonly command: string;
  readonly images: number;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly warnings: readonly string[];
}

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
  /** Aborted by Ctrl-C: the step under way is finished and a checkpoint written. */
  readonly signal?: AbortSignal;
  /** Told after each feature map that is read or made before training. */
  readonly onFeatures?: (done: number, total: number) => void;
  readonly onStart?: (info: { readonly images: number; readonly parameters: number; readonly step: number }) => void;
  readonly onStep?: (metrics: StepMetrics, steps: number) => void;
  readonly onWarning?: (message: string) => void;
  /** Given the network after each checkpoint, such as to score it; the time that it takes is not training's. */
  readonly onCheckpoint?: (checkpoint: CheckpointView) => Promise<void>;
}

/** A network on its way; it belongs to the training. */
export interface CheckpointView {
  readonly step: number;
  /** Of training so far. */
  readonly seconds: number;
  readonly model: SegmenterModel;
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
  if (!resumed) prepareOutputFolder(out, { force });
  const unlock = lockRun(out);
  try {
    return await trainLocked(request, resumed);
  } finally {
    unlock();
  }
}

async function trainLocked(request: TrainRequest, resumed: boolean): Promise<TrainOutcome> {
  const { out, signal, onWarning = () => {} } = request;
  const engine = await useEngine(request.engine);
  const resumedRun = resumed ? resumedConfig(out, request) : undefined;
  const dataset = await openTrainingData(resumedRun ?? request, out, {
    cache: request.cache,
    onFeatures: request.onFeatures,
    onWarning,
  });
  const run = resumedRun ?? (await startedConfig(request, dataset));
  const checkpoint = resumed ? readNewestCheckpoint<SessionState>(out, onWarning) : undefined;
  const metricsFile = join(out, 'metrics.jsonl');
  if (checkpoint) truncateMetrics(metricsFile, checkpoint.step);
  else rmSync(metricsFile, { force: true });

  const session = new TrainingSession(run.config, dataset, run.statistics, checkpoint);
  // Learned features get their clusters at the end: there are none to look at on the way.
  const snapshots = run.config.method === 'ac' ? snapshotSteps(run.config.steps) : [];
  dropSnapshotsAfter(out, session.step);
  const board = openTensorBoard(join(out, 'tensorboard'));
  const warnings: string[] = [];
  const startedAt = new Date().toISOString();
  const manifest = (status: RunManifest['status']): RunManifest => ({
    status,
    step: session.step,
    seconds: session.seconds,
    dataShare: session.seconds > 0 ? session.dataSeconds / session.seconds : 0,
    head: session.mainHeads[session.bestHead()],
    engine: describeEngine(engine),
    machine: describeMachine(),
    command: request.command ?? '',
    images: dataset.size,
    startedAt,
    updatedAt: new Date().toISOString(),
    warnings,
  });
  const save = (status: RunManifest['status']) => {
    writeCheckpoint(out, session.checkpoint());
    writeRunFile(out, 'manifest.json', manifest(status));
  };

  try {
    writeRunFile(out, 'config.json', run);
    writeRunFile(out, 'manifest.json', manifest('running'));
    const parameters = session.network.variables.reduce((total, variable) => total + variable.size, 0);
    request.onStart?.({ images: dataset.size, parameters, step: session.step });
    while (!isDone(session, run.config)) {
      // Ctrl-C and other events are seen between steps: the engine's own work is synchronous.
      await new Promise(setImmediate);
      if (signal?.aborted) {
        save('interrupted');
        return { status: 'interrupted', manifest: manifest('interrupted') };
      }
      const metrics = await trainOneStep(session, run.config);
      appendMetrics(metricsFile, metrics);
      if (snapshots.includes(session.step)) writeSnapshot(out, session.step, session.network);
      board?.write(metrics);
      request.onStep?.(metrics, run.config.steps);
      if (session.step % run.config.checkpointEvery === 0 && !isDone(session, run.config)) {
        // Who looks at clusters on the way wants them made.
        if (request.onCheckpoint) await session.finish(dataset);
        save('running');
        await request.onCheckpoint?.(viewOf(session, run));
      }
    }
    if (checkpoint?.step !== session.step) {
      await session.finish(dataset);
      save('finished');
      await request.onCheckpoint?.(viewOf(session, run));
    }
    return { status: 'finished', manifest: manifest('finished') };
  } finally {
    board?.close();
    await session.dispose();
    if ('close' in dataset) await dataset.close();
  }
}

function viewOf(session: TrainingSession, { config, statistics, working }: RunConfig): CheckpointView {
  const { step, seconds, network } = session;
  const head = session.mainHeads[session.bestHead()];
  return { step, seconds, model: { network, head, clusters: config.clusters, statistics, working } };
}

async function trainOneStep(session: TrainingSession, config: TrainConfig): Promise<StepMetrics> {
  const [before, waited] = [session.seconds, session.dataSeconds];
  const gauges = await session.next();
  if (!Number.isFinite(gauges.loss)) {
    throw new UserError(
      `training: the loss of step ${session.step} is ${gauges.loss}. Lower --learning-rate ` +
        `(now ${config.learningRate}) and go on from the last checkpoint with --resume.`,
    );
  }
  const best = session.bestHead();
  return {
    step: session.step,
    loss: gauges.loss,
    information: gauges.information[best],
    effectiveClusters: gauges.effectiveClusters[best],
    agreement: gauges.agreement[best],
    imagesPerSecond: config.batchSize / (session.seconds - before),
    dataSeconds: session.dataSeconds - waited,
    tensors: tf.memory().numTensors,
    learningRate: gauges.learningRate,
    seconds: session.seconds,
  };
}

function isDone({ step, seconds }: TrainingSession, { steps, minutes }: TrainConfig): boolean {
  return step >= steps || (minutes !== undefined && seconds >= minutes * 60);
}

/** A new run: statistics are measured on the training images, and small images are refused before any time is spent. */
async function startedConfig(request: TrainRequest, dataset: Dataset): Promise<RunConfig> {
  const { dataset: spec, features, config } = request;
  const statistics = await channelStatistics(dataset, { seed: config.seed });
  const measured = { statistics, channels: dataset.channels };
  if (features === undefined) return { config, dataset: spec, ...measured, working: workingSizeOf(spec) };
  // Maps are seen as they are.
  return { config: featureConfig(config, dataset), dataset: spec, ...measured, working: {}, features };
}

/** A resumed run goes on as it began; only its length may be asked for anew. */
function resumedConfig(out: string, { config, onWarning }: TrainRequest): RunConfig {
  const run = readRunFile<RunConfig>(out, 'config.json');
  const parsed = trainConfigSchema.safeParse(run.config);
  if (!parsed.success) throw new UserError(`${out}/config.json is not a configuration of this program. Train again.`);
  const before = parsed.data;
  const changed = changedKeys(before, config).filter((key) => key !== 'steps' && key !== 'minutes');
  if (changed.length > 0) {
    onWarning?.(`--resume keeps the run's own ${changed.join(', ')}; to change it, train into another folder`);
  }
  return { ...run, config: { ...before, steps: config.steps, minutes: config.minutes } };
}

function changedKeys(before: TrainConfig, after: TrainConfig): string[] {
  const keys = Object.keys(after) as (keyof TrainConfig)[];
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

/** Images are segmented at the size they are trained at. */
function workingSizeOf(spec: DatasetSpec): TargetSize {
  if (spec.size) return { size: spec.size };
  if ('longSide' in spec && spec.longSide !== undefined) return { longSide: spec.longSide };
  const isCoco = spec.dataset === 'coco-stuff' || spec.dataset === 'coco-stuff3';
  return isCoco ? { longSide: cocoStuffLongSide(spec) } : {};
}
