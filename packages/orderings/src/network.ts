/**
 * The autoregressive segmentation network of [1]: one image and two orderings give two views of it.
 *
 *     images [N,H,W,C] -> stem -> [N,h,w,S] -> masked blocks, under a view -> features [N,h,w,F] -> decoder -> logits [N,H,W,K]
 *
 * Causality holds on the stem's grid and within the masked part: features at p depend on the stem's maps at p and at what
 * comes before p in the ordering. The stem and the decoder's upsampling mix neighbours.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * Differs from [1]: several heads, batch normalisation and dropout inside the blocks if asked for; the arrangement of a
 * block follows a public reimplementation (residual-block.ts).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { BatchShare } from './batch-share.js';
import { resolveNetworkOptions, type NetworkConfig, type NetworkOptions } from './network-options.js';
import { buildParts, trainableVariables, type NetworkParts } from './network-parts.js';
import type { View } from './ordering.js';
import { loadWeights, saveWeights, type SavedNetwork } from './saved-network.js';
import { checkView } from './view.js';

export interface PassOptions {
  /** Batch statistics (running ones follow) and dropout; else the running statistics. @defaultValue false */
  readonly training?: boolean;
  /** Draws the dropped channels; needed in training where the network has dropout. */
  readonly random?: RandomGenerator;
  /** In training, where the images are a part of a batch. @defaultValue they are the batch */
  readonly share?: BatchShare;
}

export interface NetworkOutput {
  /** [N, h, w, F] on the stem's grid. */
  readonly features: tf.Tensor4D;
  /** [N, H, W, K] for each head: softmax over the last axis gives cluster probabilities. */
  readonly logits: Readonly<Record<string, tf.Tensor4D>>;
}

export interface Network {
  readonly config: NetworkConfig;
  /** What an optimizer moves; owned by the network. */
  readonly variables: readonly tf.Variable[];
  /** Stem, masked part and decoder in one. */
  forward(images: tf.Tensor4D, view: View, options?: PassOptions): NetworkOutput;
  /** [N, H, W, C] -> [N, h, w, stemChannels], the same for all views; a side of H pixels gives H, ceil(H / 2) or ceil(H / 4) at output stride 1, 2 or 4. */
  stem(images: tf.Tensor4D, options?: PassOptions): tf.Tensor4D;
  /** The masked part alone: [N, h, w, stemChannels] -> [N, h, w, F]. */
  encode(stemMaps: tf.Tensor4D, view: View, options?: PassOptions): tf.Tensor4D;
  /** [N, h, w, F] -> logits of each head at `size`, rows and columns. */
  decode(features: tf.Tensor4D, size: readonly [height: number, width: number]): Record<string, tf.Tensor4D>;
  /** Brings all weights within reach of `save`. Only WebGPU needs it, which cannot wait for its device within a call. */
  fetch(): Promise<void>;
  /** Configuration and copies of all weights, as plain objects; on WebGPU after `fetch`. */
  save(): SavedNetwork;
  /** Sets all weights from `save()` of a network of the same configuration; seed and dropout may differ. */
  load(saved: SavedNetwork): void;
  /** Frees all weights; the network cannot be used any more. */
  dispose(): void;
}

/**
 * A network with all its weights, drawn from the seed now: the same on every engine.
 *
 * The tensors that its methods return belong to the caller's scope.
 *
 * @throws RangeError that names every option out of range; methods throw RangeError for wrong shapes and views
 * @example
 * const network = createNetwork({ channels: 3, heads: { main: 4 }, seed: 0 });
 * const { logits } = network.forward(tf.zeros([1, 32, 48, 3]), 'unmasked');
 * logits.main.shape; // [1, 32, 48, 4]
 * @see [1]
 */
export function createNetwork(options: NetworkOptions): Network {
  return new LayeredNetwork(resolveNetworkOptions(options));
}

class LayeredNetwork implements Network {
  readonly variables: readonly tf.Variable[];
  private readonly parts: NetworkParts;

  constructor(readonly config: NetworkConfig) {
    this.parts = buildParts(config);
    this.variables = trainableVariables(this.parts);
  }

  forward(images: tf.Tensor4D, view: View, options: PassOptions = {}): NetworkOutput {
    checkView('forward', view);
    const output = tf.tidy(() => {
      const features = this.encode(this.stem(images, options), view, options);
      const [, height, width] = images.shape;
      return { features, logits: this.decode(features, [height, width]) };
    });
    return output;
  }

  stem(images: tf.Tensor4D, { training = false, share }: PassOptions = {}): tf.Tensor4D {
    checkMap('stem', images, this.config.channels);
    return this.parts.stem.apply(images, { training, share }) as tf.Tensor4D;
  }

  encode(stemMaps: tf.Tensor4D, view: View, { training = false, random, share }: PassOptions = {}): tf.Tensor4D {
    checkView('encode', view);
    checkMap('encode', stemMaps, this.config.stemChannels);
    return tf.tidy(() =>
      this.parts.masked.reduce(
        (maps, layer) => layer.apply(maps, { view, training, random, share }) as tf.Tensor4D,
        stemMaps,
      ),
    );
  }

  decode(features: tf.Tensor4D, size: readonly [height: number, width: number]): Record<string, tf.Tensor4D> {
    checkMap('decode', features, this.featureChannels());
    const { decoder } = this.parts;
    if (decoder === undefined) return {};
    return tf.tidy(() => {
      const heads = Object.keys(this.config.heads);
      const all = decoder.apply(features, { size }) as tf.Tensor4D;
      const each = heads.length === 1 ? [all] : tf.split<tf.Tensor4D>(all, Object.values(this.config.heads), 3);
      return Object.fromEntries(heads.map((head, index) => [head, each[index]]));
    });
  }

  async fetch(): Promise<void> {
    // A value that was read is kept beside the one on the device.
    await Promise.all([...this.parts.weights.values()].map((weight) => weight.read().data()));
  }

  save(): SavedNetwork {
    return { config: this.config, weights: saveWeights(this.parts.weights) };
  }

  load(saved: SavedNetwork): void {
    loadWeights(this.parts.weights, this.config, saved);
  }

  dispose(): void {
    for (const weight of this.parts.weights.values()) weight.dispose();
  }

  private featureChannels(): number {
    const { featureSize, stemChannels, blocks, contextSize } = this.config;
    return featureSize ?? stemChannels * 2 ** (contextSize > 0 ? blocks + 1 : blocks);
  }
}

function checkMap(name: string, map: tf.Tensor, channels: number): void {
  if (map.rank !== 4 || map.shape[3] !== channels) {
    throw new RangeError(`${name}: the input must be [N,H,W,${channels}], got [${map.shape}]`);
  }
}
