/**
 * Batch normalisation over all positions of all maps of a batch, with a gradient of few passes over the map.
 *
 * Its statistics cross positions: in training, a masked network that contains it is autoregressive in all but these two
 * numbers per channel; in inference it is a fixed scale and offset, and causality is exact.
 *
 * [1] Ioffe, Szegedy. Batch Normalization. ICML 2015.
 */
import * as tf from '@tensorflow/tfjs-core';

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

/**
 * The same with the batch's own statistics, through which gradients flow: training.
 *
 * @param x - [N, H, W, C]
 * @param observe - is shown the batch's statistics, which live during the call only
 */
export function normalizeByBatch(
  x: tf.Tensor4D,
  { scale, offset }: NormalizationWeights,
  observe: (statistics: ChannelStatistics) => void,
): tf.Tensor4D {
  const normalize = tf.customGrad((...args) => {
    const [x, scale, offset, save] = args as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const statistics = tf.moments(x, [0, 1, 2]) as ChannelStatistics;
    observe(statistics);
    save([x, scale, statistics.mean, statistics.variance]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => batchGradients(dy as tf.Tensor4D, saved);
    return { value: normalizeWith(x, { scale, offset }, statistics), gradFunc };
  });
  return normalize(x, scale, offset) as tf.Tensor4D;
}

/**
 * With z the normalised x before scale and offset, and M = N H W [1]:
 *   doffset = sum dy,  dscale = sum dy z,  dx = scale / sqrt(variance + epsilon) (dy - doffset / M - z dscale / M)
 */
function batchGradients(dy: tf.Tensor4D, saved: tf.Tensor[]): tf.Tensor[] {
  const [x, scale, mean, variance] = saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return tf.tidy(() => {
    const statistics = { mean, variance };
    const unit = { scale: tf.onesLike(scale), offset: tf.zerosLike(scale) };
    const dOffset = tf.sum<tf.Tensor1D>(dy, [0, 1, 2]);
    const dScale = tf.tidy(() => tf.sum<tf.Tensor1D>(tf.mul(dy, normalizeWith(x, unit, statistics)), [0, 1, 2]));
    const gain = tf.mul(scale, tf.rsqrt(tf.add(variance, VARIANCE_EPSILON)));
    const share = tf.div(gain, -x.size / x.shape[3]); // -gain / M
    // The last two terms are affine in x per channel: one pass of the same kernel.
    const correction = normalizeWith(x, { scale: tf.mul(share, dScale), offset: tf.mul(share, dOffset) }, statistics);
    return [tf.add(tf.mul(dy, gain), correction), dScale, dOffset];
  });
}
