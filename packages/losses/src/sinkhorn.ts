/**
 * Sinkhorn-Knopp: scores made soft assignments that use every prototype equally often.
 *
 * [1] Caron et al. Unsupervised Learning of Visual Features by Contrasting Cluster Assignments. NeurIPS 2020.
 * [2] Cuturi. Sinkhorn Distances: Lightspeed Computation of Optimal Transport. NeurIPS 2013.
 * Differs from the code of [1]: computed on logarithms, so that large scores do not overflow.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkPositive } from './checks.js';

export interface SinkhornOptions {
  /** Divides the scores: smaller is harder. @defaultValue 0.05 */
  readonly epsilon?: number;
  /** Rounds of normalising columns, then rows. @defaultValue 3 */
  readonly iterations?: number;
}

/**
 * The assignment Q nearest to exp(scores / epsilon) whose columns have equal sums and whose rows sum to 1.
 *
 * Each iteration divides columns by K times their sum, then rows by M times their sum; Q is M times the result. Rows sum to 1
 * exactly, columns to M / K nearly.
 *
 * @param scores - [M, K] float32, of M samples and K prototypes
 * @returns [M, K]; no gradient is meant to flow through it: wrap it in `stopGradient`
 * @throws RangeError when the scores are no table or an option is out of range
 * @example sinkhorn(tf.tensor2d([[0.9, 0.8], [0.9, 0.1]])); // the first takes the second prototype, the second the first
 * @see [1], [2]
 */
export function sinkhorn(scores: tf.Tensor2D, options: SinkhornOptions = {}): tf.Tensor2D {
  const { epsilon = 0.05, iterations = 3 } = options;
  if (scores.rank !== 2) throw new RangeError(`sinkhorn: scores must be [M,K], got [${scores.shape}]`);
  checkPositive('sinkhorn', 'epsilon', epsilon);
  checkIterations('sinkhorn', iterations);
  return tf.tidy(() => {
    let logs = tf.div<tf.Tensor2D>(scores, epsilon);
    for (let round = 0; round < iterations; round++) {
      logs = logNormalized(logs, 0);
      logs = logNormalized(logs, 1);
    }
    return tf.exp(logs);
  });
}

/** @throws RangeError when it is not a positive integer; `name` is the function named in the text */
export function checkIterations(name: string, iterations: number): void {
  if (Number.isInteger(iterations) && iterations >= 1) return;
  throw new RangeError(`${name}: iterations must be a positive integer, got ${iterations}`);
}

/** Sums along the axis are 1: factors that all rows, all columns share cancel in the next division. */
function logNormalized(logs: tf.Tensor2D, axis: 0 | 1): tf.Tensor2D {
  return tf.sub(logs, tf.logSumExp(logs, axis, true));
}
