/**
 * Autoregressive representation learning (ARL): features of two views that find each other among those of other places.
 *
 *   loss = InfoNCE of the projected features, at the same place and at neighbours within T     (feature-contrast.ts)
 *
 * A main head is there too, out of the loss's reach; K-means on the features makes its weights at the end
 * (cluster-head.ts), so that a run of ARL segments like any other.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from './config.js';
import { contrastFeatures } from './feature-contrast.js';
import { mainHeadNames, PROJECTION_HEAD } from './heads.js';
import type { Comparison, ComparisonContext, Objective, ViewMaps } from './objective.js';

type RepresentationChoices = Pick<
  TrainConfig,
  'clusters' | 'projection' | 'temperature' | 'negatives' | 'halfWindow' | 'network'
>;

export function representationObjective(choices: RepresentationChoices): Objective {
  const mainHeads = mainHeadNames(1);
  const stride = choices.network.outputStride;
  return {
    heads: { [mainHeads[0]]: choices.clusters, [PROJECTION_HEAD]: choices.projection },
    mainHeads,
    stride,
    maps: (network, features, size) => ({ [PROJECTION_HEAD]: network.decode(features, size)[PROJECTION_HEAD] }),
    compare: (a, b, context) => compareFeatures(a, b, context, choices),
  };
}

function compareFeatures(
  a: ViewMaps,
  b: ViewMaps,
  context: ComparisonContext,
  { temperature, negatives, halfWindow, network }: RepresentationChoices,
): Comparison {
  const stride = network.outputStride;
  const [, rows, columns] = a[PROJECTION_HEAD].shape;
  const { loss, maps } = contrastFeatures(a[PROJECTION_HEAD], b[PROJECTION_HEAD], context, {
    temperature,
    negatives,
    stride,
    halfWindow: Math.min(Math.floor(halfWindow / stride), rows - 1, columns - 1),
  });
  const [first, second] = maps;
  const [count, height, width] = first.shape;
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
