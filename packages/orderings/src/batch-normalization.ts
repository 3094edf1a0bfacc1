/**
 * Batch normalisation over all positions of all maps of a batch, with a gradient of few passes over the map.
 *
 * Its statistics cross positions: in training, a masked network that contains it is autoregressive in all but these two
 * numbers per channel; in inference it is a fixed scale and offset, and causality is exact.
 *
 * [1] Ioffe, Szegedy. Batch Normalization. ICML 2015.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchShare } from './batch-share.js';

/** Added to the variance, that a constant channel stays finite. */
const VARIANCE_EPSILON = 1e-5;

/** Share of the old running statistics that one training call keeps. */
export const RUNNING_MOMENTUM = 0.9;

/** Per-channel tensors [C]. */
export interface NormalizationWeights {
  readonly scale: tf.Tensor1D;
  readonly offset: tf.Tensor1D;
}

/** Mean and variance per channel, [C] each. */
export interface ChannelStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** scale (x - mean) / sqrt(variance + epsilon) + offset with given statistics: inference. */
export function normalizeWith(
  x: tf.Tensor4D,
  weights: NormalizationWeights,
  statistics: ChannelStatistics,
): tf.Tensor4D {
  const { mean, variance } = statistics;
  return tf.batchNorm(x, mean, variance, weights.offset, weights.scale, VARIANCE_EPSILON);
}

export interface NormalizeByBatchOptions {
  /** Is shown the batch's statistics, which live during the call only. */
  readonly observe?: (statistics: ChannelStatistics) => void;
  /** Where x is a part of the batch: statistics are those of all parts. @defaultValue x is the batch */
  readonly share?: BatchShare;
}

/**
 * The same with the batch's own statistics, through which gradients flow: training.
 *
 * @param x - [N, H, W, C]
 */
export function normalizeByBatch(
  x: tf.Tensor4D,
  { scale, offset }: NormalizationWeights,
  { observe, share }: NormalizeByBatchOptions = {},
): tf.Tensor4D {
  const ways = share === undefined && hasFusedKernels() ? FUSED : inPasses(share);
  const normalize = tf.customGrad((...args) => {
    const [x, scale, offset, save] = args as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const { y, mean, variance, positions } = ways.value(x, { scale, offset });
    observe?.({ mean, variance });
    save([x, scale, mean, variance]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, scale, mean, variance] = saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
      return ways.gradients(dy as tf.Tensor4D, x, scale, { mean, variance, positions });
    };
    return { value: y, gradFunc };
  });
  return normalize(x, scale, offset) as tf.Tensor4D;
}

/** How the value and the gradients in x, scale and offset are computed. */
interface Ways {
  value(x: tf.Tensor4D, weights: NormalizationWeights): BatchStatistics & { readonly y: tf.Tensor4D };
  gradients(dy: tf.Tensor4D, x: tf.Tensor4D, scale: tf.Tensor1D, statistics: BatchStatistics): tf.Tensor[];
}

const [BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRAD] = ['BatchNormTraining', 'BatchNormTrainingGrad'];

/** Whether the engine computes each way by a kernel: `@autoregseg/engine` brings them to native TensorFlow. */
function hasFusedKernels(): boolean {
  return tf.getKernel(BATCH_NORM_TRAINING, tf.getBackend()) !== undefined;
}

const FUSED: Ways = {
  value(x, { scale, offset }) {
    const outputs = tf.engine().runKernel(BATCH_NORM_TRAINING, { x, scale, offset }, ATTRIBUTES);
    const [y, mean, variance] = outputs as unknown as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
    return { y, mean, variance, positions: x.size / x.shape[3] };
  },
  gradients(dy, x, scale, { mean, variance }) {
    return tf.engine().runKernel(BATCH_NORM_TRAINING_GRAD, { dy, x, scale, mean, variance }, ATTRIBUTES);
  },
};

const ATTRIBUTES = { varianceEpsilon: VARIANCE_EPSILON };

function inPasses(share: BatchShare | undefined): Ways {
  return {
    value(x, weights) {
      const statistics = statisticsOf(x, share);
      return { y: normalizeWith(x, weights, statistics), ...statistics };
    },
    gradients: (dy, x, scale, statistics) => batchGradients(dy, x, scale, statistics, share),
  };
}

/** M: positions of all maps of the batch, in all parts. */
interface BatchStatistics extends ChannelStatistics {
  readonly positions: number;
}

/**
 * Over m_r positions in part r, with its mean mu_r and variance v_r:
 *   M = sum_r m_r,  mu = sum_r m_r mu_r / M,  v = sum_r m_r (v_r + (mu_r - mu)^2) / M
 */
function statisticsOf(x: tf.Tensor4D, share: BatchShare | undefined): BatchStatistics {
  const own = tf.moments(x, [0, 1, 2]) as ChannelStatistics;
  const count = x.size / x.shape[3];
  if (share === undefined) return { ...own, positions: count };
  const { allReduce } = share;
  const sums = allReduce(tf.concat1d([tf.mul<tf.Tensor1D>(own.mean, count), tf.tensor1d([count])])); // [C + 1]
  const positions = sums.dataSync()[x.shape[3]];
  const mean = tf.div<tf.Tensor1D>(tf.slice(sums, 0, x.shape[3]), positions);
  const spread = tf.add(own.variance, tf.square(tf.sub(own.mean, mean)));
  const variance = tf.div(allReduce(tf.mul<tf.Tensor1D>(spread, count)), positions) as tf.Tensor1D;
  return { mean, variance, positions };
}

/**
 * With z the normalised x before scale and offset, and M = N H W [1]:
 *   doffset = sum dy,  dscale = sum dy z,  dx = scale / sqrt(variance + epsilon) (dy - doffset / M - z dscale / M)
 *
 * where the sums of dx are over all parts; those that are returned are this part's share.
 */
function batchGradients(
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  statistics: BatchStatistics,
  parts: BatchShare | undefined,
): tf.Tensor[] {
  return tf.tidy(() => {
    const unit = { scale: tf.onesLike(scale), offset: tf.zerosLike(scale) };
    const dOffset = tf.sum<tf.Tensor1D>(dy, [0, 1, 2]);
    const dScale = tf.tidy(() => tf.sum<tf.Tensor1D>(tf.mul(dy, normalizeWith(x, unit, statistics)), [0, 1, 2]));
    const gain = tf.mul(scale, tf.rsqrt(tf.add(statistics.variance, VARIANCE_EPSILON)));
    const share = tf.div(gain, -statistics.positions); // -gain / M
    const [allScale, allOffset] = parts === undefined ? [dScale, dOffset] : summed(dScale, dOffset, parts);
    // The last two terms are affine in x per channel: one pass of the same kernel.
    const correction = normalizeWith(
      x,
      { scale: tf.mul(share, allScale), offset: tf.mul(share, allOffset) },
      statistics,
    );
    return [tf.add(tf.mul(dy, gain), correction), dScale, dOffset];
  });
}

/** Both over all parts, in one message. */
function summed(a: tf.Tensor1D, b: tf.Tensor1D, { allReduce }: BatchShare): tf.Tensor1D[] {
  return tf.split(allReduce(tf.concat1d([a, b])), 2);
}
