/**
 * The loss of SwAV [1]: from one view, the code of the other must be told, a code being a balanced assignment to prototypes.
 *
 * [1] Caron et al. Unsupervised Learning of Visual Features by Contrasting Cluster Assignments. NeurIPS 2020.
 * Differs from [1]: prototypes are divided by their lengths in the expression, not in place after each step; the mean over
 * the two ways, as in its code (the paper's text sums them). No queue of earlier features, no small crops.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkPositive } from './checks.js';
import { checkEmbeddings, rowsOf, unitRows, type Embeddings } from './rows.js';
import { checkIterations, sinkhorn, type SinkhornOptions } from './sinkhorn.js';
import { stopGradient } from './stop-gradient.js';

export interface SwavOptions extends SinkhornOptions {
  /**
   * [K, D], trainable. The scores are then cosines of features and prototypes.
   *
   * @defaultValue none: `a` and `b` are the scores themselves, [N, K] or [N, H, W, K], as a prototype layer gives them
   */
  readonly prototypes?: tf.Tensor2D;
  /** Divides the scores in the softmax that is trained. @defaultValue 0.1 */
  readonly temperature?: number;
}

/**
 * Cross entropy of each view's softmax with the other view's code.
 *
 *   s(x) = x_i . c_k / (|x_i| |c_k|),   q(x) = sinkhorn(s(x)), a constant,   p(x) = softmax(s(x) / t)
 *   loss = -1/2 mean over i of sum over k of ( q(b)_ik log p(a)_ik + q(a)_ik log p(b)_ik )
 *
 * @param a - [N, D] or [N, H, W, D] float32 features (scores when there are no prototypes); dense: each position is a sample
 * @param b - same shape as `a`
 * @returns scalar, nats, not negative; differentiable in `a`, `b` and the prototypes
 * @throws RangeError when shapes do not fit or an option is out of range
 * @example swav(a, b, { prototypes: tf.variable(tf.randomNormal([30, 16])) });
 * @see [1]
 */
export function swav(a: Embeddings, b: Embeddings, options: SwavOptions = {}): tf.Scalar {
  const { prototypes, temperature = 0.1, epsilon = 0.05, iterations = 3 } = options;
  checkEmbeddings('swav', a, b);
  checkPrototypes(prototypes, a.shape);
  checkPositive('swav', 'temperature', temperature);
  checkPositive('swav', 'epsilon', epsilon);
  checkIterations('swav', iterations);
  return tf.tidy(() => {
    const [here, there] = [a, b].map((view) => scoresOf(view, prototypes));
    const codeOf = (scores: tf.Tensor2D) => stopGradient(sinkhorn(scores, { epsilon, iterations }));
    const told = (scores: tf.Tensor2D, code: tf.Tensor2D) =>
      tf.neg(tf.mean(tf.sum(tf.mul(code, tf.logSoftmax(tf.div(scores, temperature))), 1)));
    return tf.mul(0.5, tf.add(told(here, codeOf(there)), told(there, codeOf(here)))) as tf.Scalar;
  });
}

/** [M, K] */
function scoresOf(view: Embeddings, prototypes: tf.Tensor2D | undefined): tf.Tensor2D {
  if (prototypes === undefined) return rowsOf(view);
  return tf.matMul(unitRows(rowsOf(view)), unitRows(prototypes), false, true);
}

function checkPrototypes(prototypes: tf.Tensor2D | undefined, shape: readonly number[]): void {
  if (prototypes === undefined) return;
  const size = shape.at(-1);
  if (prototypes.rank === 2 && prototypes.shape[1] === size) return;
  throw new RangeError(`swav: prototypes must be [K,${size}] as a and b [${shape}], got [${prototypes.shape}]`);
}
