/**
 * The contrastive losses, each with its gradient, beside the form that one would write first: the scores of all positions
 * against all others in one matrix, and the gradient by the tape. Their values are held against ours.
 */
import { infoNce, ntXent } from '@autoregseg/losses';
import * as tf from '@tensorflow/tfjs-core';
import { valueAndGradient, type MapLoss } from './map-loss.js';
import { ratioByTurns, secondsByTurns, timingOf, type Timing } from './timing.js';

/** Of one loss, value and gradient together. */
export interface ContrastTimes extends Timing {
  /** The median. Absent where the maps have too many positions for it. */
  readonly oneMatrixSeconds?: number;
  /** Seconds of the one matrix over ours in the same round, the median over rounds. */
  readonly speedUp?: number;
  /** Of the two values, nats. */
  readonly difference?: number;
}

export interface ContrastForms {
  readonly infoNce: ContrastTimes;
  readonly ntXent: ContrastTimes;
  /** The process's peak before any loss was computed as one matrix. */
  readonly chunkedPeakMemoryMb: number;
}

export interface ContrastFormsOptions {
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
  readonly rounds: number;
  /** Positions of a batch beyond which the one matrix takes gigabytes. @defaultValue 4096 */
  readonly mostPositions?: number;
}

/** How sharply scores are told apart. */
const TEMPERATURE = 0.1;

/** Times both losses on two seeded maps, each by turns with its one matrix. */
export function timeContrastForms({ shape, rounds, mostPositions = 4096 }: ContrastFormsOptions): ContrastForms {
  const maps = [1, 2].map((seed) => tf.randomNormal<tf.Rank.R4>([...shape], 0, 1, 'float32', seed)) as Pair;
  const positions = shape[0] * shape[1] * shape[2];
  const ours: readonly MapLoss[] = [
    (a, b) => infoNce(a, b, { temperature: TEMPERATURE, negatives: positions }),
    (a, b) => ntXent(a, b, { temperature: TEMPERATURE }),
  ];
  ours.forEach((form) => valueAndGradient(form, maps)());
  const chunkedPeakMemoryMb = process.resourceUsage().maxRSS / 1024;
  const whole = positions <= mostPositions ? [infoNceOfOneMatrix, ntXentOfOneMatrix] : [];
  const [first, second] = ours.map((form, which) => timeBeside(form, whole[which], maps, rounds));
  tf.dispose(maps);
  return { infoNce: first, ntXent: second, chunkedPeakMemoryMb };
}

type Pair = [tf.Tensor4D, tf.Tensor4D];

function timeBeside(form: MapLoss, other: MapLoss | undefined, maps: Pair, rounds: number): ContrastTimes {
  const forms = other ? [form, other] : [form];
  const [own, others] = secondsByTurns(
    forms.map((each) => valueAndGradient(each, maps)),
    { rounds, warmup: 1 },
  );
  if (!other) return timingOf(own);
  const value = (each: MapLoss) => tf.tidy(() => each(...maps).dataSync()[0]);
  return {
    ...timingOf(own),
    oneMatrixSeconds: timingOf(others).medianSeconds,
    speedUp: ratioByTurns(others, own),
    difference: Math.abs(value(form) - value(other)),
  };
}

/** mean over i of log sum over j of exp(s_ij) - s_ii,   s = cos(a_i, b_j) / tau */
function infoNceOfOneMatrix(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const [anchors, others] = [unitRows(a), unitRows(b)];
    const scores = tf.div(tf.matMul(anchors, others, false, true), TEMPERATURE);
    const own = tf.div(tf.sum(tf.mul(anchors, others), 1), TEMPERATURE);
    return tf.mean(tf.sub(tf.logSumExp(scores, 1), own));
  });
}

/** The same among all rows of both views, a row's own score left out. */
function ntXentOfOneMatrix(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const [first, second] = [unitRows(a), unitRows(b)];
    const rows = tf.concat([first, second], 0);
    const scores = tf.div(tf.matMul(rows, rows, false, true), TEMPERATURE);
    const others = tf.sub(scores, tf.mul(tf.eye(rows.shape[0]), 1e9));
    const twins = tf.div(tf.sum(tf.mul(rows, tf.concat([second, first], 0)), 1), TEMPERATURE);
    return tf.mean(tf.sub(tf.logSumExp(others, 1), twins));
  });
}

/** [N, H, W, D] -> [N H W, D], each row of length 1. */
function unitRows(map: tf.Tensor4D): tf.Tensor2D {
  const rows = tf.reshape<tf.Rank.R2>(map, [-1, map.shape[3]]);
  return tf.div(rows, tf.norm(rows, 2, 1, true));
}
