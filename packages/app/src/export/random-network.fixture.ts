/** Networks whose weights and running statistics are all away from their initial values, for tests of exports. */
import { createNetwork, type Network, type NetworkOptions } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { SMALL_RUN_STATISTICS as STATISTICS } from '../run/small-run.fixture.js';

export function randomNetwork(options: Partial<NetworkOptions> = {}): Network {
  const network = createNetwork({ channels: 3, heads: { main0: 3, main1: 4 }, stemChannels: 4, seed: 1, ...options });
  disturb(network);
  return network;
}

/** Moves biases, scales, offsets and running statistics; kernels are random from the start. */
export function disturb(network: Network): void {
  const { config, weights } = network.save();
  const values = Object.entries(weights).map(([name, { shape, data }], i) => {
    if (shape.length > 1) return [name, { shape, data }] as const;
    const moved = data.map((value, at) => value + 0.3 * Math.sin(12.9898 * at + 78.233 * i));
    return [name, { shape, data: name.endsWith('variance') ? moved.map((value) => 0.5 + value ** 2) : moved }] as const;
  });
  network.load({ config, weights: Object.fromEntries(values) });
}

/**
 * Logits of a head as `network.forward` makes them, and probabilities as the segmenter does: [N, H, W, K] each. Where clusters are
 * merged, the sums of their probabilities and the logarithms of these.
 */
export function expectedOutputs(
  network: Network,
  head: string,
  images: tf.Tensor4D,
  merged?: { readonly groups: Int32Array; readonly clusters: number },
) {
  return tf.tidy(() => {
    const [, height, width] = images.shape;
    const normalised = tf.div(tf.sub(images, STATISTICS.mean), STATISTICS.std) as tf.Tensor4D;
    const features = network.encode(network.stem(normalised), 'unmasked');
    const [, rows, columns] = features.shape;
    const grid = tf.softmax(network.decode(features, [rows, columns])[head]) as tf.Tensor4D;
    const upsampled = (map: tf.Tensor4D) => tf.image.resizeBilinear(map, [height, width], false, true);
    if (!merged) {
      return { logits: network.forward(normalised, 'unmasked').logits[head], probabilities: upsampled(grid) };
    }
    const parts = tf.unstack(grid, 3);
    const sumOf = (cluster: number) => tf.addN(parts.filter((_, part) => merged.groups[part] === cluster));
    const sums = tf.stack(
      Array.from({ length: merged.clusters }, (_, cluster) => sumOf(cluster)),
      3,
    ) as tf.Tensor4D;
    return { logits: upsampled(tf.log(sums)), probabilities: upsampled(sums) };
  });
}
