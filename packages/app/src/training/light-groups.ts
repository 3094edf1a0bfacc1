/**
 * Groups of images of like light.
 *
 * What a cluster tells of a place in the other view includes how bright its image is: of few clusters one may go to frames
 * taken at dusk, and two things by day share another. Within a group of images that are about as bright nothing is gained
 * by that. Groups hold several images, so that together they still show all there is: within a single one, clusters would
 * have to divide up whatever it shows.
 */
import type { Batch, ChannelStatistics } from '@autoregseg/data';
import type { BatchShare } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';

/** The mean of each image over its pixels and bands, each band at mean 0 and deviation 1 over the training set: [N]. */
export function brightnessOf(
  { images, shape, valid }: Pick<Batch, 'images' | 'shape' | 'valid'>,
  { mean, std }: ChannelStatistics,
): Float32Array {
  const [count, height, width, channels] = shape;
  const brightness = new Float32Array(count);
  for (let n = 0; n < count; n++) {
    let [sum, values] = [0, 0];
    for (let place = n * height * width; place < (n + 1) * height * width; place++) {
      if (valid?.[place] === 0) continue;
      values += channels;
      for (let k = 0; k < channels; k++) sum += (images[place * channels + k] - mean[k]) / std[k];
    }
    brightness[n] = values === 0 ? 0 : sum / values;
  }
  return brightness;
}

/** Images that a group holds at least. */
const FEWEST = 3;

/**
 * The images in order of brightness, cut into groups as even as may be.
 *
 * @param brightness - [N], of this process's images
 * @param count - number of groups, fewer where they would hold less than three images
 * @param share - where they are part of a batch: the groups are those of the whole batch
 * @returns [G, N], 1 where an image is in a group, else 0
 */
export function lightGroups(brightness: Float32Array, count: number, share?: BatchShare): tf.Tensor2D {
  const all = share === undefined ? brightness : brightnessOfBatch(brightness, share);
  const places = Array.from(all.keys()).sort((i, j) => all[i] - all[j] || i - j);
  const groups = Math.max(1, Math.min(count, Math.floor(all.length / FEWEST)));
  const groupOf = new Int32Array(all.length);
  places.forEach((image, rank) => (groupOf[image] = Math.floor((rank * groups) / all.length)));
  const first = share?.first ?? 0;
  const own = groupOf.subarray(first, first + brightness.length);
  return tf.tensor2d(Array.from({ length: groups }, (_, g) => Array.from(own, (group) => Number(group === g))));
}

function brightnessOfBatch(own: Float32Array, { first, images, allReduce }: BatchShare): Float32Array {
  return tf.tidy(() => {
    const padded = new Float32Array(images);
    padded.set(own, first);
    return allReduce(tf.tensor1d(padded)).dataSync<'float32'>();
  });
}
