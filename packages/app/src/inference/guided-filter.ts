/**
 * The guided filter [1]: maps smoothed within a window, but hardly across the edges of a guide.
 *
 *   q = m(a) I + m(b),   a = (m(I p) - m(I) m(p)) / (m(I I) - m(I)^2 + epsilon),   b = m(p) - a m(I)
 *
 * m is the mean over the part of the window that lies on the map. Within each window q is a line in I: where the guide has an
 * edge, so has q, where it has none, q is the mean.
 *
 * [1] He, Sun, Tang. Guided Image Filtering. ECCV 2010.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface GuidedFilterOptions {
  /** Half side of the window, in positions, at least 1. */
  readonly radius: number;
  /** Variance of the guide below which a window counts as flat. */
  readonly epsilon: number;
}

/**
 * @param maps - p: [N, H, W, K]; where the K sum to 1 at each position, they still do
 * @param guide - I: [N, H, W, 1]
 * @returns q: [N, H, W, K]; what lies further than 2 radius from a position does not reach it
 */
export function guidedFilter(
  maps: tf.Tensor4D,
  guide: tf.Tensor4D,
  { radius, epsilon }: GuidedFilterOptions,
): tf.Tensor4D {
  // With 'same' a pool's mean leaves out what lies beyond the map.
  const mean = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 2 * radius + 1, 1, 'same');
  return tf.tidy(() => {
    const [guideMean, mapMean] = [mean(guide), mean(maps)];
    const covariance = tf.sub(mean(tf.mul(guide, maps)), tf.mul(guideMean, mapMean));
    const variance = tf.sub(mean(tf.square(guide)), tf.square(guideMean));
    const slope = tf.div(covariance, tf.add(variance, epsilon));
    const offset = tf.sub(mapMean, tf.mul(slope, guideMean));
    return tf.add(tf.mul(mean(slope), guide), mean(offset)) as tf.Tensor4D;
  });
}
