/** What the network is fed: images as a batch, each band at mean 0 and deviation 1 over the training set. */
import type { ChannelStatistics, RasterImage } from '@autoregseg/data';
import * as tf from '@tensorflow/tfjs-core';

/**
 * @param images - all of one shape [H, W, C]
 * @returns [N, H, W, C], (x - mean) / std
 * @throws RangeError when the bands are not those of the statistics
 */
export function normalise(images: readonly RasterImage[], statistics: ChannelStatistics): tf.Tensor4D {
  const [height, width, channels] = images[0].shape;
  const batch = new Float32Array(images.length * images[0].data.length);
  images.forEach(({ data }, i) => batch.set(data, i * data.length));
  return normaliseBatch(batch, [images.length, height, width, channels], statistics);
}

/** The same for pixels that lie in one array already. */
export function normaliseBatch(
  pixels: Float32Array,
  shape: readonly [number, number, number, number],
  { mean, std }: ChannelStatistics,
): tf.Tensor4D {
  const channels = shape[3];
  if (channels !== mean.length) {
    throw new RangeError(`normalise: images of ${mean.length} bands expected (as in training), got ${channels}`);
  }
  return tf.tidy(
    () => tf.div(tf.sub(tf.tensor4d(pixels, [...shape]), tf.tensor1d([...mean])), tf.tensor1d([...std])) as tf.Tensor4D,
  );
}
