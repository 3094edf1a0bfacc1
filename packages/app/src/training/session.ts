/**
 * A training in memory: network, optimizer, batches, able to stop and go on to the same bits.
 *
 * What a step draws at random is a function of (seed, step) alone, so that a checkpoint holds counters, no generators.
 */
import {
  batches,
  flipAxes,
  jitterImages,
  randomFlip,
  randomStream,
  type Batch,
  type BatchState,
  type BatchStream,
  type ChannelStatistics,
  type Dataset,
} from '@autoregseg/data';
import {
  createNetwork,
  orderingByName,
  pairOrderings,
  RASTER_ORDERINGS,
  type Network,
  type Ordering,
} from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../run/checkpoint.js';
import type { NamedArray } from '../run/safetensors.js';
import type { TrainConfig } from './config.js';
import { normaliseBatch } from './input.js';
import { Adam } from './optimizer.js';
import { learningRateAt } from './schedule.js';
import { trainingStep, type StepGauges, type StepViews } from './step.js';

/** What a checkpoint keeps beside tensors; JSON-safe. */
export interface SessionState {
  readonly optimizerStep: number;
  readonly batches: BatchState;
  /** Running mean of each main head's mutual information, nats: what the head is chosen by. */
  readonly information: readonly number[];
  /** Seconds of training so far. */
  readonly seconds: number;
}

/** Streams of random numbers of one run; batches have streams of their own. */
const VIEWS = 1;

/** How much of the running mean of a head's information each step keeps. */
const INFORMATION_MEMORY = 0.95;

export class TrainingSession {
  readonly network: Network;
  readonly mainHeads: readonly string[];
  step = 0;
  seconds = 0;
  information: number[];
  private readonly orderings: readonly Ordering[];
  private readonly optimizer: Adam;
  private readonly batches: BatchStream;

  constructor(
    private readonly config: TrainConfig,
    dataset: Dataset,
    private readonly statistics: ChannelStatistics,
    from?: Checkpoint<SessionState>,
  ) {
    this.mainHeads = mainHeadNames(config);
    this.orderings = config.orderings?.map(orderingByName) ?? RASTER_ORDERINGS;
    this.network = networkOf(config, dataset.channels);
    this.optimizer = new Adam(this.network.variables as tf.Variable[]);
    this.information = from ? [...from.state.information] : this.mainHeads.map(() => 0);
    if (from) this.restore(from);
    const { seed, batchSize, crop } = config;
    this.batches = batches(dataset, { batchSize, crop, seed, resume: from?.state.batches });
  }

  /** Trains on the next batch. */
  async next(): Promise<StepGauges & { readonly learningRate: number }> {
    const started = performance.now();
    const { value: batch } = (await this.batches.next()) as IteratorYieldResult<Batch>;
    this.step += 1;
    const learningRate = learningRateAt(this.step, this.config);
    const views = this.drawViews(batch);
    const { gauges, gradients } = trainingStep(this.network, views, this.mainHeads, this.config);
    this.optimizer.update(gradients, learningRate);
    tf.dispose([...gradients, ...views.images, ...(views.mask ? [views.mask] : [])]);
    const memory = this.step === 1 ? 0 : INFORMATION_MEMORY;
    this.information = this.information.map((mean, i) => mean * memory + gauges.information[i] * (1 - memory));
    this.seconds += (performance.now() - started) / 1000;
    return { ...gauges, learningRate };
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
    this.network.load({ config: this.network.config, weights: unprefixed('network.', tensors) });
    this.optimizer.step = state.optimizerStep;
    const moments = unprefixed('optimizer.', tensors);
    for (const [name, variable] of Object.entries(this.optimizer.state())) {
      tf.tidy(() => variable.assign(tf.tensor(moments[name].data, variable.shape)));
    }
  }

  private drawViews({ images, shape, valid }: Batch): StepViews {
    const { jitter, flip, pairing, seed } = this.config;
    const random = randomStream(seed, VIEWS, this.step);
    const orderings = pairOrderings({ orderings: this.orderings, pairing, random });
    const axes = flipAxes(randomFlip(random, { horizontal: flip ? 0.5 : 0 }));
    const light = jitterOptions(jitter, shape[3]);
    const view = () => {
      const seen = jitter > 0 ? jitterImages(images, shape, light, random) : images;
      return normaliseBatch(seen, shape, this.statistics);
    };
    const first = view();
    const [count, height, width] = shape;
    const mask = valid && tf.tensor3d(Float32Array.from(valid), [count, height, width]);
    return { images: [first, jitter > 0 ? view() : first], orderings, flipAxes: axes, mask };
  }
}

/** One strength for all kinds of light; colour is turned only where there are red, green and blue. */
function jitterOptions(strength: number, channels: number) {
  const light = { brightness: 0.4 * strength, contrast: 0.4 * strength, gain: 0.2 * strength };
  return channels === 3 ? { ...light, saturation: 0.4 * strength, hue: 0.1 * strength } : light;
}

/** `main0`, `main1`, ...; the overclustering head is `over`. */
export function mainHeadNames({ mainHeads }: TrainConfig): string[] {
  return Array.from({ length: mainHeads }, (_, i) => `main${i}`);
}

/** The network that a configuration asks for, freshly initialised from its seed. */
export function networkOf(config: TrainConfig, channels: number): Network {
  const heads = Object.fromEntries(mainHeadNames(config).map((name) => [name, config.clusters]));
  if (config.overclusters > 0) heads.over = config.overclusters;
  return createNetwork({ ...config.network, channels, heads, seed: config.seed });
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
