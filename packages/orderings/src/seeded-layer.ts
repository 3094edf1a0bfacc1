/**
 * The base of this package's layers: weights drawn from a seed of their own, known by name.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { normalizeByBatch, normalizeWith, RUNNING_MOMENTUM, type ChannelStatistics } from './batch-normalization.js';
import type { BatchShare } from './batch-share.js';
import { glorotUniform } from './glorot.js';

export interface SeededLayerArgs {
  /** Seed of the initial weights, an integer. @defaultValue 0 */
  readonly seed?: number;
  /** @defaultValue made from the class's name */
  readonly name?: string;
  readonly trainable?: boolean;
}

/** Reads the present kernel [kh, kw, C, D] and bias [D]. */
export type ConvolutionWeights = () => { readonly kernel: tf.Tensor4D; readonly bias?: tf.Tensor1D };

/** How a layer is passed through. */
export interface TrainingArguments {
  /** Batch statistics (running ones follow) and dropout. @defaultValue false */
  readonly training?: boolean;
  /** In training, where the images are a part of a batch. */
  readonly share?: BatchShare;
}

/** Batch normalisation of [N, H, W, C]. */
export type Normalize = (x: tf.Tensor4D, pass: TrainingArguments) => tf.Tensor4D;

export abstract class SeededLayer extends layers.Layer {
  readonly seed: number;
  /** All weights by the name they have in this layer, trainable or not, in the order of their creation. */
  readonly weightsByName = new Map<string, LayerVariable>();
  private readonly random;

  protected constructor({ seed = 0, ...args }: SeededLayerArgs) {
    super(args);
    if (!Number.isSafeInteger(seed))
      throw new RangeError(`${this.getClassName()}: seed must be an integer, got ${seed}`);
    this.seed = seed;
    this.random = xoroshiro128plus(seed);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), seed: this.seed };
  }

  /** A kernel drawn from the layer's generator, and a bias of zeros unless told otherwise. */
  protected addConvolution(
    name: string,
    shape: readonly [number, number, number, number],
    useBias = true,
  ): ConvolutionWeights {
    const kernel = this.addNamed(`${name}_kernel`, [...shape]);
    tf.tidy(() => void kernel.write(tf.tensor4d(glorotUniform(shape, this.random), [...shape])));
    const bias = useBias ? this.addNamed(`${name}_bias`, [shape[3]]) : undefined;
    return () => ({ kernel: kernel.read() as tf.Tensor4D, bias: bias?.read() as tf.Tensor1D | undefined });
  }

  /** Batch normalisation with running statistics; the function takes [N, H, W, channels]. */
  protected addBatchNormalization(name: string, channels: number): Normalize {
    const scale = this.addNamed(`${name}_scale`, [channels], 1);
    const offset = this.addNamed(`${name}_offset`, [channels]);
    const mean = this.addNamed(`${name}_running_mean`, [channels], 0, false);
    const variance = this.addNamed(`${name}_running_variance`, [channels], 1, false);
    return (x, { training = false, share }) => {
      const weights = { scale: scale.read() as tf.Tensor1D, offset: offset.read() as tf.Tensor1D };
      if (!training) {
        return normalizeWith(x, weights, {
          mean: mean.read() as tf.Tensor1D,
          variance: variance.read() as tf.Tensor1D,
        });
      }
      const observe = (batch: ChannelStatistics) => {
        follow(mean, batch.mean);
        follow(variance, batch.variance);
      };
      return normalizeByBatch(x, weights, { observe, share });
    };
  }

  private addNamed(name: string, shape: Shape, value = 0, trainable = true): LayerVariable {
    const initializer = initializers.constant({ value });
    const weight = this.addWeight(name, shape, 'float32', initializer, undefined, trainable);
    this.weightsByName.set(name, weight);
    return weight;
  }
}

/** The channels of [N, H, W, C]. @throws RangeError when there is no fourth, known dimension */
export function channelsOf(name: string, inputShape: Shape | Shape[]): number {
  const [shape] = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as Shape[];
  const channels = shape[3];
  if (shape.length !== 4 || channels === null || channels === undefined) {
    throw new RangeError(`${name}: the input must be [N,H,W,C] with a known C, got [${shape}]`);
  }
  return channels;
}

/** The one tensor of a layer's input. @throws RangeError when there are several */
export function onlyInput(name: string, inputs: tf.Tensor | tf.Tensor[]): tf.Tensor4D {
  const list = Array.isArray(inputs) ? inputs : [inputs];
  if (list.length !== 1) throw new RangeError(`${name}: there must be one input, got ${list.length}`);
  return list[0] as tf.Tensor4D;
}

/** The largest float32: what compares as no larger is a finite number. */
const LARGEST_FINITE = 3.4028234663852886e38;

/** One batch of no numbers must not stay in the running statistics for good: they keep their former value then. */
function follow(running: LayerVariable, batch: tf.Tensor): void {
  tf.tidy(() => {
    const former = running.read();
    const next = tf.add(tf.mul(former, RUNNING_MOMENTUM), tf.mul(batch, 1 - RUNNING_MOMENTUM));
    running.write(tf.where(tf.lessEqual(tf.abs(batch), LARGEST_FINITE), next, former));
  });
}
