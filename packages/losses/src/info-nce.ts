/**
 * InfoNCE between two feature maps: the representation-learning objective (ARL) of [1], with the bound of [2].
 *
 * A position of one view has to find its counterpart in the other view among other positions. How well it can bounds the
 * mutual information of the two maps from below.
 *
 * The scores of all positions against all candidates are never held: they are made a chunk of positions at a time, and the
 * gradient is made along with the value, so that they are made once. Memory grows with the number of positions, not with its
 * square; where only the value is wanted, half of the time goes into a gradient that nobody asks for.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 * [2] van den Oord, Li, Vinyals. Representation Learning with Contrastive Predictive Coding. 2018.
 * Differs from [1]: critic, temperature and choice of negatives are ours, since the paper's text was not at hand.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkHalfWindow, checkMask, checkPair } from './checks.js';
import { sampleCandidates } from './info-nce-candidates.js';
import { contrast } from './info-nce-contrast.js';
import { unitRows } from './rows.js';

export interface InfoNceOptions {
  /** tau: the smaller, the more the closest candidates count. @defaultValue 0.1 */
  readonly temperature?: number;
  /** Half side T of the square of displacements at which counterparts are looked for, in positions. @defaultValue 0 */
  readonly halfWindow?: number;
  /**
   * Candidates drawn from all positions of the batch, at most; the same for all anchors. All positions are candidates where
   * there are no more than this. @defaultValue 2048
   */
  readonly negatives?: number;
  /** Anchors whose scores are held at a time. @defaultValue 1024 */
  readonly chunkSize?: number;
  /** [N, H, W], 1 where a position counts, else 0; for both maps. @defaultValue every position counts */
  readonly mask?: tf.Tensor3D;
  /** Of the drawing of candidates, an integer. @defaultValue 0 */
  readonly seed?: number;
}

/**
 * Mean over anchors i and displacements u, |u_row| and |u_col| <= T, i + u within the map:
 *
 *   L = mean of -log( e(i, i+u) / (e(i, i+u) + sum over candidates j of e(i, j)) ),   e(i, j) = exp(cos(a_i, b_j) / tau)
 *
 * Candidates within the window of an anchor (or itself, at T = 0) are left out of its sum. With M of them left,
 * log(M + 1) - L is a lower bound of the mutual information, see [2].
 *
 * @param a - [N, H, W, D] or [N, D] float32 features of the first view; their length does not matter
 * @param b - same shape as `a`
 * @returns scalar, nats, >= 0; differentiable in `a` and `b`
 * @throws RangeError when shapes differ, T reaches H or W, or an option is out of range
 * @example infoNce(tf.eye(4), tf.eye(4), { temperature: 1 }).print(); // log(1 + 3 / e) = 0.744
 * @see [1], [2]
 */
export function infoNce<T extends tf.Tensor2D | tf.Tensor4D>(a: T, b: T, options: InfoNceOptions = {}): tf.Scalar {
  const { temperature = 0.1, halfWindow = 0, negatives = 2048, chunkSize = 1024, mask, seed = 0 } = options;
  checkPair('infoNce', a, b, { 2: '[N,D]', 4: '[N,H,W,D]' });
  const shape = (a.rank === 2 ? [a.shape[0], 1, 1] : a.shape.slice(0, 3)) as [number, number, number];
  if (a.rank === 4 || halfWindow !== 0) checkHalfWindow('infoNce', halfWindow, shape);
  checkMask('infoNce', shape, mask);
  if (!(Number.isFinite(temperature) && temperature > 0)) {
    throw new RangeError(`infoNce: temperature must be a finite number > 0, got ${temperature}`);
  }
  checkCounts({ negatives, chunkSize });
  return tf.tidy(() => {
    const [anchors, others] = [a, b].map((map) => unitRows(tf.reshape(map, [-1, map.shape.at(-1)!]))); // [P, D]
    const counted = tf.reshape(mask ? tf.cast(mask, 'float32') : tf.ones(shape), [-1]) as tf.Tensor1D; // [P]
    return contrast(anchors, others, counted, {
      shape,
      halfWindow,
      temperature,
      chunkSize,
      candidates: sampleCandidates(shape[0] * shape[1] * shape[2], negatives, seed),
    });
  });
}

function checkCounts(counts: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`infoNce: ${option} must be a positive integer, got ${value}`);
  }
}
