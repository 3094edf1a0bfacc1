/**
 * A training in memory: network, optimizer, batches, able to stop and go on to the same bits.
 *
 * What a step draws at random is a function of (seed, step) alone, so that a checkpoint holds counters, no generators.
 */
import {
  batches,
  randomStream,
  type Batch,
  type BatchStream,
  type ChannelStatistics,
  type Dataset,
} from '@autoregseg/data';
import { orderingByName, RASTER_ORDERINGS, type Network, type Ordering } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { ALONE, type Communicator } from '../distributed/communicator.js';
import { shareOf, summedGradients } from '../distributed/tensor-sums.js';
import { UserError } from '../errors.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import type { Checkpoint } from '../run/checkpoint.js';
import type { TrainConfig } from './config.js';
import { createObjective } from './create-objective.js';
import { nonFiniteImagesOfTeam, nonFiniteTerm } from './guards/finite-guard.js';
import { finishTraining } from './finish.js';
import { chosenHead, segmentingHead } from './head-choice.js';
import { prefixed, unprefixed } from './prefixes.js';
import type { Objective } from './objective.js';
import { Adam } from './optimizer.js';
import { networkOf, restoreNetwork } from './run-network.js';
import { learningRateAt } from './schedule.js';
import { sessionStateOf, type FinishedState, type SessionState } from './session-state.js';
import { microBatchedStep } from './micro-batches.js';
import { trainingStep } from './step.js';
import { isFiniteReport, noGauges, readReport, reportOfTeam } from './step-report.js';
import { READ_EVERY, type PendingStep, type SessionStep } from './session-step.js';
import { disposeViews, drawViews } from './views.js';

export interface SessionOptions {
  /** Goes on from there. */
  readonly from?: Checkpoint<SessionState>;
  /** The processes that share each batch. @defaultValue this one is alone */
  readonly team?: Communicator;
  /** Steps between two reads of the device. @defaultValue 10 on WebGPU, else 1 */
  readonly readEvery?: number;
}

/** The stream of random numbers that dropout draws from; views and batches have streams of their own. */
const DROPOUT = 2;

/** How much of the running means of a head's gauges each step keeps. */
const GAUGE_MEMORY = 0.95;

export class TrainingSession {
  readonly network: Network;
  readonly mainHeads: readonly string[];
  step = 0;
  seconds = 0;
  /** Of these, spent waiting for images. */
  dataSeconds = 0;
  /** What took the main head's place after the last step, if anything did; undefined until finish.ts has run. */
  finished: FinishedState | undefined;
  /** Running means of each main head: mutual information, nats, and agreement beyond chance. */
  information: number[];
  kappa: number[];
  private readonly objective: Objective;
  private readonly orderings: readonly Ordering[];
  private readonly optimizer: Adam;
  private readonly batches: BatchStream;
  private readonly team: Communicator;
  private readonly readEvery: number;
  private readonly share: ReturnType<typeof shareOf>;
  private pending: PendingStep[] = [];
  /** Steps that something was learned from, of those read over. */
  private learned = 0;
  /** Seconds of training when numbers were last read over. */
  private readAt = 0;

  constructor(
    private readonly config: TrainConfig,
    dataset: Dataset,
    private readonly statistics: ChannelStatistics,
    { from, team = ALONE, readEvery = READ_EVERY[tf.getBackend()] ?? 1 }: SessionOptions = {},
  ) {
    this.team = team;
    this.readEvery = readEvery;
    this.share = shareOf(config.batchSize, team);
    this.objective = createObjective(config);
    this.mainHeads = this.objective.mainHeads;
    this.orderings = config.orderings?.map(orderingByName) ?? RASTER_ORDERINGS;
    this.network = from
      ? restoreNetwork(config, dataset.channels, { weights: unprefixed('network.', from.tensors) })
      : networkOf(config, dataset.channels);
    this.optimizer = new Adam(this.network.variables as tf.Variable[]);
    const state = from && sessionStateOf(from, config);
    const none = this.mainHeads.map(() => 0);
    this.information = [...(state?.information ?? none)];
    this.kappa = [...(state?.kappa ?? none)];
    if (state?.fitted) this.finished = { merged: state.merged, distilled: state.distilled };
    if (from) this.restore(from);
    const { seed, batchSize, crop } = config;
    this.batches = batches(dataset, { batchSize, crop, seed, share: this.share, resume: state?.batches });
  }

  /** Makes a step and waits for its numbers. */
  async next(): Promise<SessionStep> {
    const steps = [...(await this.advance()), ...(await this.settle())];
    return steps[steps.length - 1];
  }

  /**
   * Trains on the next batch, unless what comes of it are no numbers: then the weights stay as they were.
   *
   * @returns the steps whose numbers are read over now, in order: this one, or on a GPU none until several are made
   */
  async advance(): Promise<readonly SessionStep[]> {
    const started = performance.now();
    const { value: batch } = (await this.batches.next()) as IteratorYieldResult<Batch>;
    const dataSeconds = (performance.now() - started) / 1000;
    this.dataSeconds += dataSeconds;
    this.step += 1;
    this.finished = undefined;
    const learningRate = learningRateAt(this.step, this.config);
    const pixels = nonFiniteImagesOfTeam(batch, this.team);
    const report = pixels === undefined ? await this.learnFrom(batch, learningRate) : undefined;
    this.pending.push({ step: this.step, learningRate, dataSeconds, report, pixels, images: batch.ids });
    this.seconds += (performance.now() - started) / 1000;
    return this.pending.length < this.readEvery ? [] : this.settle();
  }

  /** @returns the step's report, perhaps still being computed */
  private async learnFrom(batch: Batch, learningRate: number): Promise<tf.Tensor1D> {
    const neighbours = this.share && {
      before: this.share.first,
      after: this.share.images - this.share.first - this.share.count,
    };
    const views = drawViews(batch, this.step, this.orderings, this.statistics, { ...this.config, neighbours });
    const random = randomStream(this.config.seed, DROPOUT, this.step);
    const options = { epoch: batch.epoch, step: this.step, random, share: this.share };
    const { microBatch } = this.config;
    const own =
      microBatch !== undefined && microBatch < batch.shape[0]
        ? microBatchedStep(this.network, views, this.objective, { ...options, microBatch })
        : trainingStep(this.network, views, this.objective, options);
    const gradients = this.share ? summedGradients(own.gradients, this.team) : own.gradients;
    // All processes have to judge by the same numbers.
    const report = this.share ? reportOfTeam(own.report, this.mainHeads.length, gradients) : own.report;
    await this.learn(report, gradients, learningRate);
    tf.dispose(gradients as tf.Tensor[]);
    disposeViews(views);
    return report;
  }

  private async learn(report: tf.Tensor1D, gradients: readonly tf.Tensor[], learningRate: number): Promise<void> {
    if (this.readEvery > 1) {
      const when = isFiniteReport(report);
      this.optimizer.update(gradients, learningRate, { when });
      when.dispose();
    } else if ((await report.data()).every(Number.isFinite)) {
      this.optimizer.update(gradients, learningRate);
    }
  }

  /** The steps whose numbers have not been read over; waits for the device. */
  async settle(): Promise<readonly SessionStep[]> {
    if (this.pending.length === 0) return [];
    const started = performance.now();
    const pending = this.pending.splice(0);
    const reports = await Promise.all(pending.map(({ report }) => report?.data()));
    pending.forEach(({ report }) => report?.dispose());
    this.seconds += (performance.now() - started) / 1000;
    const stepSeconds = (this.seconds - this.readAt) / pending.length;
    const { numTensors: tensors } = tf.memory();
    const steps = pending.map((made, i): SessionStep => {
      const { step, learningRate, dataSeconds } = made;
      const { gauges, skipped } = this.judge(reports[i], made);
      const seconds = this.readAt + (i + 1) * stepSeconds;
      return { ...gauges, step, learningRate, seconds, stepSeconds, dataSeconds, tensors, skipped };
    });
    this.readAt = this.seconds;
    return steps;
  }

  /** What a step's numbers say, and what follows from it. */
  private judge(values: ArrayLike<number> | undefined, { step, pixels, images }: PendingStep) {
    if (values === undefined)
      return { gauges: noGauges(this.mainHeads.length), skipped: { step, term: pixels!, images } };
    const report = readReport(values, this.mainHeads.length);
    const names = this.network.variables.map(({ name }) => name);
    const term = nonFiniteTerm(report, { mainHeads: this.mainHeads, names });
    if (term !== undefined) {
      // The device left the weights alone; now the count of updates is known.
      if (this.readEvery > 1) this.optimizer.step -= 1;
      return { gauges: report.gauges, skipped: { step, term, images } };
    }
    const memory = this.learned === 0 ? 0 : GAUGE_MEMORY;
    this.learned += 1;
    const { information, kappa } = report.gauges;
    const followed = (means: readonly number[], values: readonly number[]) =>
      means.map((mean, i) => mean * memory + values[i] * (1 - memory));
    this.information = followed(this.information, information);
    this.kappa = followed(this.kappa, kappa);
    return { gauges: report.gauges };
  }

  /** What is left to do after the last step (finish.ts). */
  async finish(dataset: Dataset): Promise<void> {
    this.finished = undefined;
    this.finished = await finishTraining(this.model(), dataset, this.config);
  }

  /** Index of the best of the main heads: chosen without labels. */
  bestHead(): number {
    return chosenHead(this);
  }

  /** What segments now: the best main head, or what took its place after the last step. */
  model(): SegmenterModel {
    const { network, statistics, mainHeads, config, information, kappa, finished } = this;
    return {
      network,
      statistics,
      working: {},
      ...segmentingHead(mainHeads, config, { information, kappa, ...finished }),
    };
  }

  /** @throws Error while numbers of steps are not read over: a checkpoint goes with the metrics of its steps */
  async checkpoint(): Promise<Checkpoint<SessionState>> {
    if (this.pending.length > 0) throw new Error('TrainingSession.checkpoint: settle the steps before it');
    await this.network.fetch();
    const { step, information, kappa, seconds, dataSeconds, finished } = this;
    const counters = { optimizerStep: this.optimizer.step, batches: this.batches.state(), seconds, dataSeconds };
    return {
      step,
      tensors: {
        ...prefixed('network.', this.network.save().weights),
        ...prefixed('optimizer.', await this.optimizer.state()),
      },
      state: { ...counters, information, kappa, fitted: finished !== undefined, ...finished },
    };
  }

  async dispose(): Promise<void> {
    this.pending.forEach(({ report }) => report?.dispose());
    await this.batches.return?.();
    this.optimizer.dispose();
    this.network.dispose();
  }

  private restore({ step, tensors, state }: Checkpoint<SessionState>): void {
    this.step = step;
    this.seconds = state.seconds;
    this.readAt = state.seconds;
    this.dataSeconds = state.dataSeconds;
    this.optimizer.step = state.optimizerStep;
    this.learned = state.optimizerStep;
    // An imported network brings weights alone: the optimizer starts anew.
    if (state.optimizerStep === 0) return;
    const unfit = this.optimizer.restore(unprefixed('optimizer.', tensors));
    if (unfit !== undefined) {
      throw new UserError(`the checkpoint of step ${step} is of another network: its moment '${unfit}' does not fit.`);
    }
  }
}
