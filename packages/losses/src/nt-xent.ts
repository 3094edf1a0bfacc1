/**
 * NT-Xent, the contrastive loss of SimCLR [1]: a sample's other view must be found among all other samples of both views.
 *
 * [1] Chen, Kornblith, Norouzi, Hinton. A Simple Framework for Contrastive Learning of Visual Representations. ICML 2020.
 */
import * as tf from '@tensorflow/tfjs-core';
import { checkPositive } from './checks.js';
import { checkEmbeddings, checkSamples, rowsOf, unitRows, type Embeddings } from './rows.js';

export interface NtXentOptions {
  /** Divides the cosines. @defaultValue 0.5 */
  readonly temperature?: number;
  /** Rows of similarities held at a time; memory is chunkSize * 2 M floats for M samples. @defaultValue 1024 */
  readonly chunkSize?: number;
}

/**
 * Mean cross entropy of finding each sample's other view.
 *
 *   z = rows of a, then of b, each divided by its length      [2 M, D]
 *   loss = mean over i of -log( exp(z_i . z_p(i) / t) / sum over k != i of exp(z_i . z_k / t) ),   p(i) = i + M mod 2 M
 *
 * Dense embeddings make each position a sample: M = N * H * W, and other positions of the same image are negatives too.
 *
 * @param a - [N, D] or [N, H, W, D] float32
 * @param b - same shape as `a`: row i is the other view of row i
 * @returns scalar, nats, not negative; differentiable in `a` and `b`
 * @throws RangeError when shapes differ, there is one sample alone, or an option is out of range
 * @example ntXent(tf.eye(4), tf.eye(4), { temperature: 0.1 }).print(); // near 0: each finds its twin
 * @see [1]
 */
export function ntXent(a: Embeddings, b: Embeddings, options: NtXentOptions = {}): tf.Scalar {
  const { temperature = 0.5, chunkSize = 1024 } = options;
  checkEmbeddings('ntXent', a, b);
  checkSamples('ntXent', a);
  checkPositive('ntXent', 'temperature', temperature);
  if (!Number.isInteger(chunkSize) || chunkSize < 1) {
    throw new RangeError(`ntXent: chunkSize must be a positive integer, got ${chunkSize}`);
  }
  return tf.tidy(() => {
    const both = tf.concat([unitRows(rowsOf(a)), unitRows(rowsOf(b))], 0); // [2 M, D]
    // Scaled on both sides of the product, so that z z' is the logits.
    return crossEntropy(tf.div(both, Math.sqrt(temperature)), chunkSize);
  });
}

/** The loss of scaled rows z; its gradient is made along with it, while each chunk's similarities are there. */
function crossEntropy(z: tf.Tensor2D, chunkSize: number): tf.Scalar {
  const loss = tf.customGrad((...args) => {
    const [z, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
    const [value, gradient] = valueAndGradient(z, chunkSize);
    save([gradient]);
    return { value, gradFunc: (dy: tf.Tensor, [gradient]: tf.Tensor[]) => tf.mul(gradient, dy) };
  });
  return loss(z) as tf.Scalar;
}

/**
 * With S the softmax rows of z z', each without its own column, and Y the targets:
 *
 *   loss = sum over i of (log sum over k of exp(z_i . z_k) - z_i . z_p(i)) / 2 M,   dz = ((S - Y) z + (S - Y)' z) / 2 M
 *
 * Both a chunk of rows at a time: the table of all similarities never exists.
 */
function valueAndGradient(z: tf.Tensor2D, chunkSize: number): [value: tf.Scalar, gradient: tf.Tensor2D] {
  return tf.tidy(() => {
    const [rows] = z.shape;
    const partner = partners(z);
    const partitions: tf.Tensor2D[] = [];
    let sum: tf.Tensor = tf.mul(partner, -2); // -(Y + Y') z: partners are mutual
    for (const [start, size] of chunks(rows, chunkSize)) {
      const [partition, next] = tf.tidy(() => {
        const similarities = logits(z, start, size);
        const partition = tf.logSumExp(similarities, 1, true) as tf.Tensor2D; // [size, 1]
        const softmax = tf.exp(tf.sub<tf.Tensor2D>(similarities, partition)); // [size, 2 M]
        const sent = tf.matMul(softmax, tf.slice(z, start, size), true); // S' z, [2 M, D]
        const around = [start, rows - start - size] as [number, number];
        const taken = tf.pad(tf.matMul(softmax, z), [around, [0, 0]]);
        return [partition, tf.addN([sum, sent, taken])];
      });
      sum.dispose();
      sum = next;
      partitions.push(partition);
    }
    const found = tf.sum(tf.mul(z, partner), 1, true); // [2 M, 1]
    return [tf.mean(tf.sub(tf.concat(partitions), found)), tf.div(sum, rows)];
  }) as [tf.Scalar, tf.Tensor2D];
}

/** [size, 2 M]: similarities of some rows with all, that with themselves out of the running. */
function logits(z: tf.Tensor2D, start: number, size: number): tf.Tensor2D {
  return tf.tidy(() => {
    const products = tf.matMul(tf.slice(z, start, size), z, false, true);
    const itself = tf.equal(tf.expandDims(tf.range(start, start + size), 1), tf.range(0, z.shape[0]));
    return tf.where(itself, -Infinity, products) as tf.Tensor2D;
  });
}

/** Row i holds the other view of row i. */
function partners(z: tf.Tensor2D): tf.Tensor2D {
  const half = z.shape[0] / 2;
  return tf.concat([tf.slice(z, half), tf.slice(z, 0, half)], 0) as tf.Tensor2D;
}

function chunks(rows: number, chunkSize: number): [start: number, size: number][] {
  return Array.from({ length: Math.ceil(rows / chunkSize) }, (_, i) => [
    i * chunkSize,
    Math.min(chunkSize, rows - i * chunkSize),
  ]);
}
