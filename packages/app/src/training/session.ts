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
import type { Checkpoint } from '../run/checkpoint.js';
import type { NamedArray } from '../run/safetensors.js';
import { fitClusterHead } from './cluster-head.js';
import type { TrainConfig } from './config.js';
import { createObjective } from './create-objective.js';
import { nonFiniteImages, nonFiniteTerm, type SkippedStep } from './guards/finite-guard.js';
import type { Objective } from './objective.js';
import { Adam } from './optimizer.js';
import { networkOf, restoreNetwork } from './run-network.js';
import { learningRateAt } from './schedule.js';
import { sessionStateOf, type SessionState } from './session-state.js';
import { microBatchedStep } from './micro-batches.js';
import { trainingStep, type StepGauges, type StepOutcome } from './step.js';
import { disposeViews, drawViews } from './views.js';

/** What a step shows of itself. */
export interface SessionStep extends StepGauges {
  readonly learningRate: number;
  /** Why nothing was learned from its batch; absent: it was. */
  readonly skipped?: SkippedStep;
}

export interface SessionOptions {
  /** Goes on from there. */
  readonly from?: Checkpoint<SessionState>;
  /** The processes that share each batch. @defaultValue this one is alone */
  readonly team?: Communicator;
}

/** The stream of random numbers that dropout draws from; views and batches have streams of their own. */
const DROPOUT = 2;

/** How much of the running mean of a head's information each step keeps. */
const INFORMATION_MEMORY = 0.95;

export class TrainingSession {
  readonly network: Network;
  readonly mainHeads: readonly string[];
  step = 0;
  seconds = 0;
  /** Of these, spent waiting for images. */
  dataSeconds = 0;
  information: number[];
  private fitted: boolean;
  private readonly objective: Objective;
  private readonly orderings: readonly Ordering[];
  private readonly optimizer: Adam;
  private readonly batches: BatchStream;
  private readonly team: Communicator;
  private readonly share: ReturnType<typeof shareOf>;

  constructor(
    private readonly config: TrainConfig,
    dataset: Dataset,
    private readonly statistics: ChannelStatistics,
    { from, team = ALONE }: SessionOptions = {},
  ) {
    this.team = team;
    this.share = shareOf(config.batchSize, team);
    this.objective = createObjective(config);
    this.fitted = config.method !== 'arl';
    this.mainHeads = this.objective.mainHeads;
    this.orderings = config.orderings?.map(orderingByName) ?? RASTER_ORDERINGS;
    this.network = from
      ? restoreNetwork(config, dataset.channels, { weights: unprefixed('network.', from.tensors) })
      : networkOf(config, dataset.channels);
    this.optimizer = new Adam(this.network.variables as tf.Variable[]);
    const state = from && sessionStateOf(from, config);
    this.information = state ? [...state.information] : this.mainHeads.map(() => 0);
    if (from) this.restore(from);
    const { seed, batchSize, crop } = config;
    this.batches = batches(dataset, { batchSize, crop, seed, share: this.share, resume: state?.batches });
  }

  /** Trains on the next batch, unless what comes of it are no numbers: then the weights stay as they were. */
  async next(): Promise<SessionStep> {
    const started = performance.now();
    const { value: batch } = (await this.batches.next()) as IteratorYieldResult<Batch>;
    this.dataSeconds += (performance.now() - started) / 1000;
    this.step += 1;
    this.fitted = this.config.method !== 'arl';
    const learningRate = learningRateAt(this.step, this.config);
    const pixels = this.badPixels(batch);
    const { gauges, term = pixels } = pixels === undefined ? this.learnFrom(batch, learningRate) : this.noGauges();
    this.seconds += (performance.now() - started) / 1000;
    const skipped = term === undefined ? undefined : { step: this.step, term, images: batch.ids };
    return { ...gauges, learningRate, skipped };
  }

  /** What is wrong with the images of the batch, in whichever process: all take the step, or none. */
  private badPixels(batch: Batch): string | undefined {
    const own = nonFiniteImages(batch);
    const bad = Float32Array.of(own === undefined ? 0 : 1);
    this.team.allReduceSum(bad);
    return own ?? (bad[0] > 0 ? 'pixels that another process read are no numbers' : undefined);
  }

  /** @returns what was seen of the step, and the term that was no finite number, if any: then nothing was learned */
  private learnFrom(batch: Batch, learningRate: number): { readonly gauges: StepGauges; readonly term?: string } {
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
    const { gauges } = own;
    const gradients = this.share ? summedGradients(own.gradients, this.team) : own.gradients;
    const outcome = { gauges, gradients };
    const names = this.network.variables.map(({ name }) => name);
    const term = nonFiniteTerm(outcome, { mainHeads: this.mainHeads, names });
    if (term === undefined) this.learn(outcome, learningRate);
    tf.dispose(gradients as tf.Tensor[]);
    disposeViews(views);
    return { gauges, term };
  }

  private noGauges(): { readonly gauges: StepGauges; readonly term?: string } {
    const none = this.mainHeads.map(() => Number.NaN);
    return { gauges: { loss: Number.NaN, information: none, effectiveClusters: none, agreement: none } };
  }

  private learn({ gauges, gradients }: StepOutcome, learningRate: number): void {
    this.optimizer.update(gradients, learningRate);
    const memory = this.optimizer.step === 1 ? 0 : INFORMATION_MEMORY;
    this.information = this.information.map((mean, i) => mean * memory + gauges.information[i] * (1 - memory));
  }

  /** What is left to do after the last step: heads that are fitted to the features, not trained. */
  async finish(dataset: Dataset): Promise<void> {
    const { method, clusters, seed } = this.config;
    if (method !== 'arl') return;
    await fitClusterHead(this.network, dataset, this.statistics, { head: this.mainHeads[0], clusters, seed });
    this.fitted = true;
  }

  /** Index of the main head with the most mutual information: chosen without labels. */
  bestHead(): number {
    return this.information.indexOf(Math.max(...this.information));
  }

  checkpoint(): Checkpoint<SessionState> {
    return {
      step: this.step,
      tensors: {
        ...prefixed('network.', this.network.save().weights),
        ...prefixed('optimizer.', arrays(this.optimizer.state())),
      },
      state: {
        optimizerStep: this.optimizer.step,
        batches: this.batches.state(),
        information: this.information,
        seconds: this.seconds,
        dataSeconds: this.dataSeconds,
        fitted: this.fitted,
      },
    };
  }

  async dispose(): Promise<void> {
    await this.batches.return?.();
    this.optimizer.dispose();
    this.network.dispose();
  }

  private restore({ step, tensors, state }: Checkpoint<SessionState>): void {
    this.step = step;
    this.seconds = state.seconds;
    this.dataSeconds = state.dataSeconds;
    this.optimizer.step = state.optimizerStep;
    // An imported network brings weights alone: the optimizer starts anew.
    if (state.optimizerStep === 0) return;
    const moments = unprefixed('optimizer.', tensors);
    for (const [name, variable] of Object.entries(this.optimizer.state())) {
      const moment = moments[name];
      if (moment?.data.length !== variable.size) {
        throw new UserError(`the checkpoint of step ${step} is of another network: its moment '${name}' does not fit.`);
      }
      tf.tidy(() => variable.assign(tf.tensor(moment.data, variable.shape)));
    }
  }
}

function arrays(tensors: Readonly<Record<string, tf.Tensor>>): Record<string, NamedArray> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { shape: tensor.shape, data: tensor.dataSync() as Float32Array },
    ]),
  );
}

function prefixed<T>(prefix: string, object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [prefix + key, value]));
}

export function unprefixed<T>(prefix: string, object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}
