/**
 * The value of InfoNCE on unit features, and its gradient: nothing that grows with anchors times candidates is kept.
 *
 * Both come out of one pass over the chunks of scores. What an anchor weighs in the gradient depends on its own sum over the
 * candidates and on its counterparts alone, so a chunk's part of the gradient is made while its scores are there; the backward
 * pass, which would have to make them again, only scales it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { overChunks, type Chunk, type Contrast } from './info-nce-chunks.js';
import { counterpartGradients, counterpartsOf, type Counterparts } from './info-nce-pairs.js';

/** The sum of weights where no candidate is left: nothing beside all others, yet what is divided by it stays within float32. */
const SMALLEST_SUM = 2 ** -100;

/**
 * @param anchors - [P, D], rows of length 1
 * @param others - [P, D], rows of length 1
 * @param counted - [P], 1 where a position counts, else 0
 * @returns scalar; differentiable in `anchors` and `others`
 */
export function contrast(
  anchors: tf.Tensor2D,
  others: tf.Tensor2D,
  counted: tf.Tensor1D,
  choices: Contrast,
): tf.Scalar {
  const loss = tf.customGrad((...args) => {
    const [a, b, save] = args as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const [value, ...gradients] = valueAndGradients(a, b, counted, choices);
    save(gradients);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((gradient) => tf.mul(gradient, dy));
    return { value, gradFunc };
  });
  return loss(anchors, others) as tf.Scalar;
}

/**
 * With p(i, u) = e(i, i+u) / (e(i, i+u) + Z_i), q(i, j) = e(i, j) / Z_i and n pairs:
 *
 *   L = - sum_iu log p(i, u) / n,   dL/da_i = sum_u (1 - p(i, u)) (sum_j q(i, j) b_j - b_{i+u}) / (n tau),   dL/db likewise
 */
function valueAndGradients(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  counted: tf.Tensor1D,
  choices: Contrast,
): [tf.Scalar, tf.Tensor2D, tf.Tensor2D] {
  return tf.tidy(() => {
    const { candidates, temperature } = choices;
    const places = tf.tensor1d(candidates, 'int32');
    const chosen = tf.gather(b, places) as tf.Tensor2D; // [M, D]
    const counterparts = counterpartsOf(a, b, counted, choices);
    const [ofAnchors, inCandidates] = overChunks(a, b, counted, choices, (chunk) =>
      contrastChunk(chunk, chosen, counterparts, temperature),
    );
    const [partition, away] = tf.split(ofAnchors, [1, a.shape[1]], 1); // [P, 1], [P, D]
    const behind = tf.sub(partition, counterparts.scores);
    const pairs = tf.maximum(tf.sum(counterparts.weights), 1);
    const value = tf.div(tf.sum(tf.mul(counterparts.weights, tf.softplus(behind))), pairs);

    const [towards, from] = counterpartGradients(a, b, missedOf(partition, counterparts), choices);
    const fromCandidates = tf.scatterND(tf.expandDims(places, 1), inCandidates, [b.shape[0], b.shape[1]]);
    const scale = tf.mul(pairs, temperature);
    return [value, tf.div(tf.add(towards, away), scale), tf.div(tf.add(from, fromCandidates), scale)];
  }) as [tf.Scalar, tf.Tensor2D, tf.Tensor2D];
}

/**
 * What one chunk comes to, with E_ij = e(i, j), up to a factor of the row, and missed_i = sum_u (1 - p(i, u)):
 *
 *   log Z_i,   away_i = missed_i (E B)_i / Z_i,   inCandidates_j = sum_i E_ij a_i missed_i / Z_i
 *
 * No score is above 1 / tau: what is taken off before the exponential is known, and need not be looked for. Where tau is so
 * small that the square of the least weight, exp(-2 / tau), is nothing, the largest is looked for all the same.
 *
 * @returns [c, 1 + D] log Z_i and away_i, and [M, D] inCandidates
 */
function contrastChunk(
  { anchors, scores, rows }: Chunk,
  chosen: tf.Tensor2D,
  counterparts: Counterparts,
  temperature: number,
): [tf.Tensor2D, tf.Tensor2D] {
  const most = 1 / temperature;
  const top = Math.exp(-4 * most) < SMALLEST_SUM ? tf.max(scores, 1, true) : undefined; // [c, 1]
  const weights = tf.exp(top ? tf.sub<tf.Tensor2D>(scores, top) : scores); // [c, M]
  const sums = tf.maximum(tf.sum(weights, 1, true), SMALLEST_SUM); // [c, 1]
  const partition = tf.add(tf.log(sums), top ? tf.add(top, most) : most);
  const own = { scores: rows(counterparts.scores), weights: rows(counterparts.weights) };
  const pulls = tf.div(tf.sum(missedOf(partition, own), 1, true), sums); // missed_i / Z_i, [c, 1]
  const away = tf.mul(tf.matMul(weights, chosen), pulls);
  return [
    tf.concat([partition, away], 1) as tf.Tensor2D,
    tf.matMul(weights, tf.mul<tf.Tensor2D>(anchors, pulls), true),
  ];
}

/** 1 - p(i, u) of the pairs that count, else 0: [., U]. The loss of a pair is log(1 + exp) of what goes into the sigmoid. */
function missedOf(partition: tf.Tensor, { scores, weights }: Counterparts): tf.Tensor2D {
  return tf.mul(weights, tf.sigmoid(tf.sub(partition, scores)));
}
