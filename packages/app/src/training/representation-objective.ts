/**
 * Autoregressive representation learning (ARL): features of two views that find each other among those of other places.
 *
 *   loss = InfoNCE of the projected features, at the same place and at neighbours within T
 *
 * The projection is a head of its own that nothing but the loss sees: probes read the features before it, as is usual [2].
 * A main head is there too, out of the loss's reach; K-means on the features makes its weights at the end
 * (cluster-head.ts), so that a run of ARL segments like any other.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] Chen, Kornblith, Norouzi, Hinton. A Simple Framework for Contrastive Learning of Visual Representations. ICML 2020.
 */
import { infoNce } from '@autoregseg/losses';
import type { BatchShare } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from './config.js';
import { mainHeadNames } from './heads.js';
import type { Comparison, ComparisonContext, Objective, ViewMaps } from './objective.js';
import { wholePlaces } from './whole-places.js';

type RepresentationChoices = Pick<
  TrainConfig,
  'clusters' | 'projection' | 'temperature' | 'negatives' | 'halfWindow' | 'network'
>;

const PROJECTION = 'projection';

export function representationObjective(choices: RepresentationChoices): Objective {
  const mainHeads = mainHeadNames(1);
  const stride = choices.network.outputStride;
  return {
    heads: { [mainHeads[0]]: choices.clusters, [PROJECTION]: choices.projection },
    mainHeads,
    stride,
    maps: (network, features, size) => ({ [PROJECTION]: network.decode(features, size)[PROJECTION] }),
    compare: (a, b, context) => compareFeatures(a, b, context, choices),
  };
}

function compareFeatures(
  a: ViewMaps,
  b: ViewMaps,
  { mask: pixels, step, share }: ComparisonContext,
  { temperature, negatives, halfWindow, network }: RepresentationChoices,
): Comparison {
  const [first, second] = [a[PROJECTION], b[PROJECTION]].map((map) => wholeBatch(map, share));
  const own = pixels && wholePlaces(pixels, network.outputStride);
  // Whether another part has a mask is not known here: where parts share a batch, all have one.
  const mask = share
    ? wholeBatch(own ?? tf.ones<tf.Rank.R3>(a[PROJECTION].shape.slice(0, 3) as [number, number, number]), share)
    : own;
  const [count, height, width] = first.shape;
  const loss = infoNce(first, second, {
    temperature,
    negatives,
    halfWindow: Math.min(Math.floor(halfWindow / network.outputStride), height - 1, width - 1),
    mask,
    seed: step,
  });
  const candidates = Math.min(negatives, count * height * width);
  const gauges = tf.tidy(() => {
    const information = tf.sub(Math.log(candidates), loss);
    const cosine = meanCosine(first, second);
    // Features agree by degrees, and by none through chance.
    return tf.reshape(tf.stack([information, effectiveDimensions(first), cosine, cosine]), [4, 1]);
  }) as tf.Tensor2D;
  return { loss, gauges };
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

/**
 * In how many directions features spread: (sum of variances)^2 / sum of squared covariances, from 1 (all on one line, a
 * collapse) to D.
 */
function effectiveDimensions(features: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const rows = tf.reshape(features, [-1, features.shape[3]]) as tf.Tensor2D; // [P, D]
    const centred = tf.sub(rows, tf.mean(rows, 0, true)) as tf.Tensor2D;
    const covariance = tf.matMul(tf.transpose(centred), centred); // [D, D]
    const variance = tf.sum(tf.square(centred));
    return tf.divNoNan(tf.square(variance), tf.sum(tf.square(covariance))) as tf.Scalar;
  });
}

function meanCosine(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const dot = tf.sum(tf.mul(a, b), 3);
    const lengths = tf.sqrt(tf.mul(tf.sum(tf.square(a), 3), tf.sum(tf.square(b), 3)));
    return tf.mean(tf.divNoNan(dot, lengths)) as tf.Scalar;
  });
}
