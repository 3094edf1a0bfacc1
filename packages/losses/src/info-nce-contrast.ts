/**
 * The value of InfoNCE on unit features, and its gradient: nothing that grows with anchors times candidates is kept.
 */
import * as tf from '@tensorflow/tfjs-core';
import { mapChunks, type Contrast } from './info-nce-chunks.js';
import { displacements, pairCount, pairsAt } from './info-nce-pairs.js';
import { SMALLEST_NORMAL } from './information.js';

/**
 * @param anchors - [P, D], rows of length 1
 * @param others - [P, D], rows of length 1
 * @param counted - [P], 1 where a position counts, else 0
 * @returns scalar; differentiable in `anchors` and `others`
 */
export function contrast(
  anchors: tf.Tensor2D,
  others: tf.Tensor2D,
  counted: tf.Tensor1D | undefined,
  choices: Contrast,
): tf.Scalar {
  const loss = tf.customGrad((...args) => {
    const [a, b, save] = args as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const partition = logPartition(a, b, counted, choices);
    // What the gradient reads is saved, the mask too: its owner may free it once the loss is there.
    save([a, b, partition, ...(counted ? [counted] : [])]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [a, b, partition, counted] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D | undefined];
      return gradients(a, b, partition, counted, choices).map((gradient) => tf.mul(gradient, dy));
    };
    return { value: meanLoss(a, b, partition, counted, choices), gradFunc };
  });
  return loss(anchors, others) as tf.Scalar;
}

/**
 * log of the sum over each anchor's candidates, [P].
 *
 * No score is above 1 / tau: what is taken off before the exponential is known, and need not be looked for. Where tau is so
 * small that scores far below it would vanish, the largest is looked for all the same.
 */
function logPartition(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  counted: tf.Tensor1D | undefined,
  choices: Contrast,
): tf.Tensor1D {
  const most = 1 / choices.temperature;
  const vanishes = Math.exp(-2 * most) < SMALLEST_NORMAL;
  return tf.tidy(() => {
    const offsets = tf.mul<tf.Tensor1D>(tf.ones([a.shape[0]]), -most);
    const sums = mapChunks(a, b, counted, offsets, choices, ({ scores }) =>
      vanishes
        ? (tf.logSumExp(scores, 1) as tf.Tensor1D)
        : (tf.log(tf.maximum(tf.sum(tf.exp(scores), 1), SMALLEST_NORMAL)) as tf.Tensor1D),
    );
    return tf.add(sums, most) as tf.Tensor1D;
  });
}

function meanLoss(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  partition: tf.Tensor1D,
  counted: tf.Tensor1D | undefined,
  choices: Contrast,
): tf.Scalar {
  return tf.tidy(() => {
    const sums = displacements(choices.shape, choices.halfWindow).map((displacement) =>
      tf.tidy(() => {
        const { behind, weights } = pairsAt(a, b, partition, counted, choices, displacement);
        const losses = tf.softplus(behind);
        return tf.sum(weights ? tf.mul(losses, weights) : losses);
      }),
    );
    return tf.div(tf.addN(sums), pairCount(counted, choices)) as tf.Scalar;
  });
}

/**
 * With p(i, u) = e(i, i+u) / (e(i, i+u) + Z_i), q(i, j) = e(i, j) / Z_i and n pairs:
 *
 *   dL/da_i = sum_u (1 - p(i, u)) (sum_j q(i, j) b_j - b_{i+u}) / (n tau),   dL/db likewise
 */
function gradients(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  partition: tf.Tensor1D,
  counted: tf.Tensor1D | undefined,
  choices: Contrast,
): [tf.Tensor2D, tf.Tensor2D] {
  return tf.tidy(() => {
    const [towards, from, missed] = counterpartGradients(a, b, partition, counted, choices);
    const [away, fromCandidates] = candidateGradients(a, b, partition, missed, counted, choices);
    const scale = tf.mul(pairCount(counted, choices), choices.temperature);
    return [tf.div(tf.add(towards, away), scale), tf.div(tf.add(from, fromCandidates), scale)];
  }) as [tf.Tensor2D, tf.Tensor2D];
}

/** The part of the counterparts, [P, D] in a and in b, and sum_u (1 - p(i, u)), [P]. */
function counterpartGradients(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  partition: tf.Tensor1D,
  counted: tf.Tensor1D | undefined,
  choices: Contrast,
): [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D] {
  let sums: tf.Tensor[] | undefined;
  for (const displacement of displacements(choices.shape, choices.halfWindow)) {
    const parts = tf.tidy(() => {
      const pairs = pairsAt(a, b, partition, counted, choices, displacement);
      const share = tf.sigmoid(pairs.behind);
      const missed = pairs.weights ? tf.mul(share, pairs.weights) : share; // [N, h, w]
      const pull = tf.neg(tf.expandDims(missed, 3)); // [N, h, w, 1]
      return [
        pairs.placed(tf.mul(pull, pairs.counterparts), displacement.here),
        pairs.placed(tf.mul(pull, pairs.anchors), displacement.there),
        pairs.placed(missed, displacement.here),
      ];
    });
    const before: tf.Tensor[] | undefined = sums;
    sums = before ? before.map((sum, i) => tf.add(sum, parts[i])) : parts;
    if (before) tf.dispose([...before, ...parts]);
  }
  const [inA, inB, missed] = sums!;
  return [tf.reshape(inA, a.shape), tf.reshape(inB, b.shape), tf.reshape(missed, [-1])];
}

/** The part of the candidates, [P, D] in a and in b. */
function candidateGradients(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  partition: tf.Tensor1D,
  missed: tf.Tensor1D,
  counted: tf.Tensor1D | undefined,
  choices: Contrast,
): [tf.Tensor2D, tf.Tensor2D] {
  return tf.tidy(() => {
    const places = tf.tensor1d(choices.candidates, 'int32');
    const chosen = tf.gather(b, places); // [M, D]
    let inCandidates: tf.Tensor2D = tf.keep(tf.zeros([choices.candidates.length, a.shape[1]]));
    const inA = mapChunks(a, b, counted, tf.neg(partition) as tf.Tensor1D, choices, ({ anchors, scores, rows }) => {
      const [shares, weights] = [tf.exp(scores), rows(missed)]; // q(i, j) [c, M], [c, 1]
      const before = inCandidates;
      inCandidates = tf.keep(tf.add(before, tf.matMul(shares, tf.mul<tf.Tensor2D>(anchors, weights), true)));
      before.dispose();
      return tf.mul(tf.matMul(shares, chosen), weights) as tf.Tensor2D;
    });
    const inB = tf.scatterND(tf.expandDims(places, 1), inCandidates, [b.shape[0], b.shape[1]]);
    inCandidates.dispose();
    return [inA, inB];
  }) as [tf.Tensor2D, tf.Tensor2D];
}
