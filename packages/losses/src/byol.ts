/**
 * The loss of BYOL [1]: what one network predicts of the other view must point where the target network's output points.
 *
 * No negatives: what keeps it from collapsing is the predictor, and a target that follows slowly (`followVariables`).
 *
 * [1] Grill et al. Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning. NeurIPS 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkEmbeddings, rowsOf, unitRows, type Embeddings } from './rows.js';
import { stopGradient } from './stop-gradient.js';

/**
 * Squared distance of unit vectors, one way; no gradient flows into the target.
 *
 *   loss = mean over i of | q_i / |q_i| - z_i / |z_i| |^2 = mean of 2 - 2 cos(q_i, z_i)
 *
 * The loss of [1] is the sum of both ways: byol(predictionA, targetB) + byol(predictionB, targetA).
 *
 * @param prediction - [N, D] or [N, H, W, D] float32: predictor(projector(online network)) of one view
 * @param target - same shape: projector(target network) of the other view, taken for a constant
 * @returns scalar in [0, 4]; differentiable in `prediction` alone
 * @throws RangeError when shapes differ
 * @example byol(tf.tensor2d([[2, 0]]), tf.tensor2d([[0, 3]])).print(); // 2: orthogonal
 * @see [1]
 */
export function byol(prediction: Embeddings, target: Embeddings): tf.Scalar {
  checkEmbeddings('byol', prediction, target);
  return tf.tidy(() => {
    const cosines = tf.sum(tf.mul(unitRows(rowsOf(prediction)), stopGradient(unitRows(rowsOf(target)))), 1); // [M]
    return tf.mean(tf.sub(2, tf.mul(2, cosines))) as tf.Scalar;
  });
}
