/**
 * What training maximises: the agreement of two views, behind one interface.
 *
 * An objective names the heads that the network needs, says which maps of a view are compared and at what resolution, and
 * compares them. It knows neither views nor optimizer, and `compare` is a function of the two views' maps and of what is
 * known of their images: what
 * splits a batch into parts, or spreads it over processes, has one place to cut.
 */
import type { BatchShare, Network } from '@autoregseg/orderings';
import type * as tf from '@tensorflow/tfjs-core';

/** Maps of one view that are compared, by name: [N, h, w, *]. */
export type ViewMaps = Readonly<Record<string, tf.Tensor4D>>;

export interface ComparisonContext {
  /** [N, H, W] of the compared part of the images, 1 where a pixel counts; absent: all count. */
  readonly mask?: tf.Tensor3D;
  /** [N] how bright each image is (light-groups.ts). */
  readonly brightness: Float32Array;
  /** Pass over the images, from 0: what heads that take turns go by. */
  readonly epoch: number;
  /** From 1: what is drawn at random is drawn by it. */
  readonly step: number;
  /** Where the maps are one process's part of a batch: loss and gauges are those of the whole batch all the same. */
  readonly share?: BatchShare;
}

export interface Comparison {
  /** To be minimised. */
  readonly loss: tf.Scalar;
  /** [4, main heads]: information (nats), effective clusters, agreement (0..1), agreement beyond chance (Fleiss' kappa). */
  readonly gauges: tf.Tensor2D;
}

export interface Objective {
  /** Channels of each head of the network, by its name. */
  readonly heads: Readonly<Record<string, number>>;
  /** The heads that segment; gauges are about them. */
  readonly mainHeads: readonly string[];
  /** Image pixels per position of the compared maps. */
  readonly stride: number;
  /** The maps of one view, at `size`, from the network's features. */
  maps(network: Network, features: tf.Tensor4D, size: readonly [height: number, width: number]): ViewMaps;
  compare(a: ViewMaps, b: ViewMaps, context: ComparisonContext): Comparison;
}
