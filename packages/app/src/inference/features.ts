/** Frozen features of a network, as plain arrays: what probes and K-means read. */
import type { ChannelStatistics, RasterImage } from '@autoregseg/data';
import type { FeatureExtractor } from '@autoregseg/evaluation';
import { RASTER_ORDERINGS, type Network, type View } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { normalise } from '../training/input.js';
import type { InferenceView } from './segmenter.js';

/**
 * The features before any head, on the stem's grid: [H, W, C] -> [h, w, F].
 *
 * @param view - `unmasked`, or `average`: the mean over the eight raster orderings
 */
export function featureExtractor(
  network: Network,
  statistics: ChannelStatistics,
  view: InferenceView = 'unmasked',
): FeatureExtractor {
  return async (image) => {
    const map = tf.tidy(() => {
      const stem = network.stem(normalise([image as RasterImage], statistics));
      const encode = (ordering: View) => network.encode(stem, ordering);
      if (view === 'unmasked') return encode('unmasked');
      return tf.div(tf.addN(RASTER_ORDERINGS.map(encode)), RASTER_ORDERINGS.length) as tf.Tensor4D;
    });
    const [, height, width, features] = map.shape;
    const data = (await map.data()) as Float32Array;
    map.dispose();
    return { shape: [height, width, features], data };
  };
}
