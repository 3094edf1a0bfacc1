/**
 * The contrast of features: those of a place in two views find each other among those of other places.
 *
 *   loss = InfoNCE of the projected features
 *
 * The projection is a head of its own that nothing but this loss sees: clusters and probes read the features before it, as is
 * usual [1]. ARL is this loss alone; beside the clusters' information of AC it makes features tell apart what few clusters
 * need not, and clusters are then found among better features.
 *
 * [1] Chen, Kornblith, Norouzi, Hinton. A Simple Framework for Contrastive Learning of Visual Representations. ICML 2020.
 */
import { infoNce } from '@autoregseg/losses';
import type { BatchShare } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from './config.js';
import type { ComparisonContext } from './objective.js';
import { wholePlaces } from './whole-places.js';

export interface FeatureContrastOptions extends Pick<TrainConfig, 'temperature' | 'negatives'> {
  /** Image pixels per position of the maps. */
  readonly stride: number;
  /** T: half side of the window in which counterparts are looked for, in positions. */
  readonly halfWindow: number;
}

export interface FeatureContrast {
  readonly loss: tf.Scalar;
  /** [N, h, w, D] of all images of the batch, of which a process may have a part. */
  readonly maps: readonly [tf.Tensor4D, tf.Tensor4D];
}

/** @param a - [N, h, w, D] projected features of one view, `b` of the other */
export function contrastFeatures(
  a: tf.Tensor4D,
  b: tf.Tensor4D,
  { mask: pixels, step, share }: Pick<ComparisonContext, 'mask' | 'step' | 'share'>,
  { temperature, negatives, stride, halfWindow }: FeatureContrastOptions,
): FeatureContrast {
  const maps = [wholeBatch(a, share), wholeBatch(b, share)] as const;
  const own = pixels && wholePlaces(pixels, stride);
  const [count, height, width] = a.shape;
  // Whether another part has a mask is not known here: where parts share a batch, all have one.
  const mask = share ? wholeBatch(own ?? tf.ones<tf.Rank.R3>([count, height, width]), share) : own;
  return { loss: infoNce(...maps, { temperature, negatives, halfWindow, mask, seed: step }), maps };
}

/**
 * The maps of all parts: candidates come from the whole batch. Each part then compares all of it; its gradient by its own
 * maps is what is asked of it.
 */
function wholeBatch<T extends tf.Tensor>(own: T, share: BatchShare | undefined): T {
  if (share === undefined) return own;
  const others = [share.first, share.images - share.first - own.shape[0]] as [number, number];
  return share.allReduce(tf.pad(own, [others, ...own.shape.slice(1).map(() => [0, 0] as [number, number])]) as T);
}
