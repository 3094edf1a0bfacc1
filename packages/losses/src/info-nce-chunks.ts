/**
 * Scores of anchors against candidates, a chunk of anchors at a time: what keeps InfoNCE's memory linear.
 *
 * A chunk of scores is the largest thing that is made, so it is gone over as rarely as may be. What is added to all scores of an
 * anchor, or of a candidate, comes out of the product of matrices as two more features:
 *
 *   [a_i, o_i, 1] . [b_j / tau, 1, h_j] = cos(a_i, b_j) / tau + o_i + h_j
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
  /** [c, M] their scores plus their offsets; minus 1e30 and less where a candidate is left out. */
  readonly scores: tf.Tensor2D;
  /** This chunk's part of values of all anchors, [P] -> [c, 1]. */
  readonly rows: (values: tf.Tensor1D) => tf.Tensor2D;
}

/**
 * What `ofChunk` makes of each chunk, row for row, put together in the order of the anchors.
 *
 * @param offsets - [P], added to all scores of an anchor
 * @param ofChunk - a chunk to its [c, ...]
 * @returns [P, ...]
 */
export function mapChunks<T extends tf.Tensor>(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  counted: tf.Tensor1D | undefined,
  offsets: tf.Tensor1D,
  { shape, halfWindow, temperature, chunkSize, candidates }: Contrast,
  ofChunk: (chunk: Chunk) => T,
): T {
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
    const anchors = tf.gather(a, inOrder) as tf.Tensor2D; // [P, D]
    const column = (values: tf.Tensor1D): tf.Tensor2D => tf.expandDims(values, 1);
    const rows = tf.concat<tf.Tensor2D>([anchors, column(tf.gather(offsets, inOrder)), tf.ones([positions, 1])], 1); // [P, D + 2]
    const columns = columnsOf(b, counted, candidates, temperature); // [D + 2, M]
    const made: T[] = [];
    for (let start = 0; start < positions; start += chunkSize) {
      const size = Math.min(chunkSize, positions - start);
      const part = tf.tidy(() => {
        const scores: tf.Tensor2D = tf.matMul(tf.slice(rows, [start, 0], [size, -1]), columns);
        return ofChunk({
          anchors: tf.slice(anchors, [start, 0], [size, -1]),
          scores: without(scores, leftOut[start / chunkSize] ?? []),
          rows: (values) => column(tf.gather(values, tf.slice(inOrder, start, size))),
        });
      });
      made.push(part);
    }
    return tf.gather(tf.concat(made), tf.tensor1d(rank, 'int32')) as T;
  });
}

/** [b_j / tau, 1, h_j] of the candidates as columns, h_j far below all scores where a candidate does not count: [D + 2, M]. */
function columnsOf(
  b: tf.Tensor2D,
  counted: tf.Tensor1D | undefined,
  candidates: Int32Array,
  temperature: number,
): tf.Tensor2D {
  return tf.tidy(() => {
    const places = tf.tensor1d(candidates, 'int32');
    const one = tf.ones([candidates.length]);
    const hidden = counted ? tf.mul(tf.sub(1, tf.gather(counted, places)), LEFT_OUT) : tf.zerosLike(one);
    const features = tf.transpose(tf.div(tf.gather(b, places), temperature)); // [D, M]
    return tf.concat([features, tf.stack([one, hidden])], 0) as tf.Tensor2D;
  });
}

/** The scores, the pairs [row, column] far below all others. */
function without(scores: tf.Tensor2D, pairs: number[][]): tf.Tensor2D {
  if (pairs.length === 0) return scores;
  const updates = tf.mul(tf.ones([pairs.length]), LEFT_OUT);
  const indices = tf.tensor2d(pairs, [pairs.length, 2], 'int32');
  return tf.add(scores, tf.scatterND(indices, updates, scores.shape));
}
