/**
 * Embeddings as a list of samples: the form in which the losses of two-view methods are written.
 *
 * A pooled embedding [N, D] holds one sample for each image, a dense one [N, H, W, D] one for each position. The sample of
 * row i in one view is paired with row i of the other, and all other rows are other samples: other images, and in the dense
 * form other positions too.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkPair } from './checks.js';

/** One embedding for each image, or one for each position of each image. */
export type Embeddings = tf.Tensor<tf.Rank.R2 | tf.Rank.R4>;

/** @throws RangeError unless a and b have one shape, [N, D] or [N, H, W, D] */
export function checkEmbeddings(name: string, a: Embeddings, b: Embeddings): void {
  checkPair(name, a, b, { 2: '[N,D]', 4: '[N,H,W,D]' });
}

/** @throws RangeError unless there are at least two samples: statistics and negatives are those of the others */
export function checkSamples(name: string, { shape }: Embeddings): void {
  const samples = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  if (samples >= 2) return;
  throw new RangeError(
    `${name}: there must be at least 2 samples (images, or positions), got ${samples} in [${shape}]`,
  );
}

/** [M, D]: each sample a row; M = N or N * H * W. */
export function rowsOf(embeddings: Embeddings): tf.Tensor2D {
  return tf.reshape(embeddings, [-1, embeddings.shape.at(-1)!]); // [M, D]
}

/** Below this length a vector has no direction; PyTorch's `normalize` has the same bound. */
const SHORTEST = 1e-12;

/**
 * Rows of length 1; rows without a direction become 0 and get no gradient.
 *
 * Differs from dividing by max(|x|, 1e-12), which sends slopes of 1e12 into features that a ReLU has switched off.
 */
export function unitRows(rows: tf.Tensor2D): tf.Tensor2D {
  const squares = tf.sum(tf.square(rows), 1, true); // [M, 1]
  const directed = tf.cast(tf.greaterEqual(squares, SHORTEST ** 2), 'float32');
  return tf.div(tf.mul(rows, directed), tf.sqrt(tf.maximum(squares, SHORTEST ** 2)));
}
