/**
 * The information of two views in its forms, each with its gradient: pooled at T = 1 and at T, per displacement, and per
 * displacement as IIC computes it.
 *
 * IIC [1] takes all displacements in one convolution whose kernel is the whole map: positions are the kernel's window,
 * images its channels, clusters the batch. Its value is held against ours.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019.
 */
import { information, mutualInformation } from '@autoregseg/losses';
import * as tf from '@tensorflow/tfjs-core';
import { valueAndGradient, type MapLoss } from './map-loss.js';
import { measure, ratioByTurns, secondsByTurns, timingOf, type Timing } from './timing.js';

export interface LossForms {
  /** Seconds of a value and its gradient, medians. */
  readonly pooledT1Seconds: number;
  /** Seconds at T over those at T = 1 in the same round, the median over rounds. */
  readonly pooledOverT1: number;
  readonly perDisplacementSeconds: number;
  /** Absent where the maps are too large for it. */
  readonly oneConvolutionSeconds?: number;
  /** oneConvolutionSeconds / perDisplacementSeconds */
  readonly speedUp?: number;
  /** Of the two values, nats. */
  readonly difference?: number;
}

export interface LossFormsOptions {
  readonly shape: readonly [count: number, height: number, width: number, clusters: number];
  readonly halfWindow: number;
  readonly rounds: number;
}

/** Positions of a batch beyond which the one convolution takes minutes. */
const MOST_POSITIONS = 2 ** 14;

/** Times the forms on two seeded maps, the pooled ones by turns. */
export function timeLossForms({
  shape,
  halfWindow,
  rounds,
}: LossFormsOptions): LossForms & { readonly pooled: Timing } {
  const maps = [1, 2].map((seed) =>
    tf.tidy(() => tf.softmax(tf.randomNormal([...shape], 0, 1, 'float32', seed))),
  ) as tf.Tensor4D[];
  const time = (form: MapLoss, repetitions: number) =>
    measure(valueAndGradient(form, maps), { rounds: repetitions, warmup: 1 }).medianSeconds;
  const value = (form: MapLoss) => tf.tidy(() => form(maps[0], maps[1]).dataSync()[0]);
  const pooledAt =
    (window: number): MapLoss =>
    (a, b) =>
      mutualInformation(a, b, { halfWindow: window });
  const perDisplacement: MapLoss = (a, b) => mutualInformation(a, b, { halfWindow, joint: 'per-displacement' });
  const oneConvolution: MapLoss = (a, b) => informationByOneConvolution(a, b, halfWindow);
  const windows = [halfWindow, 1].map((window) => valueAndGradient(pooledAt(window), maps));
  const [pooled, pooledT1] = secondsByTurns(windows, { rounds, warmup: 1 });
  const perDisplacementSeconds = time(perDisplacement, Math.min(rounds, 3));
  const forms = {
    pooled: timingOf(pooled),
    pooledT1Seconds: timingOf(pooledT1).medianSeconds,
    pooledOverT1: ratioByTurns(pooled, pooledT1),
    perDisplacementSeconds,
  };
  const small = shape[0] * shape[1] * shape[2] <= MOST_POSITIONS;
  const oneConvolutionSeconds = small ? time(oneConvolution, 1) : undefined;
  const difference = small ? Math.abs(value(oneConvolution) - value(perDisplacement)) : undefined;
  tf.dispose(maps);
  if (oneConvolutionSeconds === undefined) return forms;
  return { ...forms, oneConvolutionSeconds, speedUp: oneConvolutionSeconds / perDisplacementSeconds, difference };
}

/** Mean information over all displacements, from J_u[k,l] of one convolution. */
export function informationByOneConvolution(a: tf.Tensor4D, b: tf.Tensor4D, halfWindow: number): tf.Scalar {
  return tf.tidy(() => {
    const around = [halfWindow, halfWindow] as [number, number];
    const images = tf.pad(tf.transpose(b, [3, 1, 2, 0]), [[0, 0], around, around, [0, 0]]); // [K, H + 2T, W + 2T, N]
    const kernel = tf.transpose(a, [1, 2, 0, 3]); // [H, W, N, K]
    const sums = tf.conv2d(images, kernel, 1, 'valid'); // [l, 2T + 1, 2T + 1, k]
    const tables = tf.reshape(tf.transpose(sums, [1, 2, 3, 0]), [-1, a.shape[3], a.shape[3]]); // [U, k, l]
    const both = tf.add(tables, tf.transpose(tables, [0, 2, 1]));
    return tf.mean(information(tf.div(both, tf.sum(both, [1, 2], true)))) as tf.Scalar;
  });
}
