/**
 * Scores of anchors against candidates, a chunk of anchors at a time: what keeps InfoNCE's memory linear.
 *
 * A chunk of scores is the largest thing that is made, so it is gone over as rarely as may be. What is added to all scores of a
 * candidate comes out of the product of matrices as one more feature:
 *
 *   [a_i, 1] . [b_j / tau, h_j] = cos(a_i, b_j) / tau + h_j
 *
 * Pairs that are left out are few, where T is 0: anchors that have one come first, and other chunks are not gone over for them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { pairedFirst, sameWindowPairs, type MapShape } from './info-nce-candidates.js';

/** What a contrast of two maps depends on. */
export interface Contrast {
  readonly shape: MapShape;
  readonly halfWindow: number;
  readonly temperature: number;
  readonly chunkSize: number;
  /** Positions of the candidates, ascending. */
  readonly candidates: Int32Array;
}

/** What stands for the score of a candidate that is left out; no infinity, whose differences would be NaN. */
const LEFT_OUT = -1e30;

export interface Chunk {
  /** [c, D] anchors of this chunk. */
  readonly anchors: tf.Tensor2D;
  /** [c, M] (cos - 1) / tau, in [-2 / tau, 0]; minus 1e30 and less where a candidate is left out. */
  readonly scores: tf.Tensor2D;
  /** This chunk's part of values of all anchors, [P, K] -> [c, K]. */
  readonly rows: (values: tf.Tensor2D) => tf.Tensor2D;
}

/**
 * What `ofChunk` makes of each chunk: first what it makes of each anchor, put together in the order of the anchors, second what
 * it makes of the candidates, added up.
 *
 * @param ofChunk - a chunk to its [c, ...] and [M, ...]
 * @returns [P, ...] and [M, ...]
 */
export function overChunks(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  counted: tf.Tensor1D,
  { shape, halfWindow, temperature, chunkSize, candidates }: Contrast,
  ofChunk: (chunk: Chunk) => [ofAnchors: tf.Tensor2D, ofCandidates: tf.Tensor2D],
): [ofAnchors: tf.Tensor2D, ofCandidates: tf.Tensor2D] {
  const positions = a.shape[0];
  const pairs = sameWindowPairs(candidates, shape, halfWindow);
  const { order, rank } = pairedFirst(pairs, positions);
  const leftOut: number[][][] = [];
  for (const [anchor, candidate] of pairs) {
    const chunk = Math.floor(rank[anchor] / chunkSize);
    (leftOut[chunk] ??= []).push([rank[anchor] % chunkSize, candidate]);
  }
  return tf.tidy(() => {
    const inOrder = tf.tensor1d(order, 'int32');
    const columns = columnsOf(b, counted, candidates, temperature); // [D + 1, M]
    const made: tf.Tensor2D[] = [];
    let sum: tf.Tensor2D | undefined;
    for (let start = 0; start < positions; start += chunkSize) {
      const size = Math.min(chunkSize, positions - start);
      const [ofAnchors, ofCandidates] = tf.tidy(() => {
        const places = tf.slice(inOrder, start, size);
        const rows = (values: tf.Tensor2D): tf.Tensor2D => tf.gather(values, places);
        const anchors = rows(a);
        const scores: tf.Tensor2D = tf.matMul(tf.concat([anchors, tf.ones([size, 1])], 1), columns);
        return ofChunk({ anchors, scores: without(scores, leftOut[start / chunkSize] ?? []), rows });
      });
      made.push(ofAnchors);
      const before: tf.Tensor2D | undefined = sum;
      sum = before ? tf.add<tf.Tensor2D>(before, ofCandidates) : ofCandidates;
      if (before) tf.dispose([before, ofCandidates]);
    }
    return [tf.gather<tf.Tensor2D>(tf.concat(made), tf.tensor1d(rank, 'int32')), sum!];
  });
}

/** [b_j / tau, h_j - 1 / tau] of the candidates as columns, h_j far below all scores where one does not count: [D + 1, M]. */
function columnsOf(b: tf.Tensor2D, counted: tf.Tensor1D, candidates: Int32Array, temperature: number): tf.Tensor2D {
  return tf.tidy(() => {
    const places = tf.tensor1d(candidates, 'int32');
    const hidden = tf.mul(tf.sub(1, tf.gather(counted, places)), LEFT_OUT);
    const features = tf.div(tf.gather(b, places), temperature); // [M, D]
    return tf.transpose(tf.concat([features, tf.expandDims(tf.sub(hidden, 1 / temperature), 1)], 1)) as tf.Tensor2D;
  });
}

/** The scores, the pairs [row, column] far below all others. */
function without(scores: tf.Tensor2D, pairs: number[][]): tf.Tensor2D {
  if (pairs.length === 0) return scores;
  const updates = tf.mul(tf.ones([pairs.length]), LEFT_OUT);
  const indices = tf.tensor2d(pairs, [pairs.length, 2], 'int32');
  return tf.add(scores, tf.scatterND(indices, updates, scores.shape));
}
