/**
 * Matrix products on wasm, all by XNNPACK.
 *
 * The stock kernel uses XNNPACK for one untransposed pair of matrices and a scalar loop for all else, 10 times slower: a
 * batch is taken apart here, and what is to be transposed is transposed first. A batch against one shared right-hand
 * matrix is one product of taller matrices.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from './replace-kernel.js';

/** Below this number of products in a matrix of a batch, a call of XNNPACK costs more than the scalar loop. */
const SMALL = 32 ** 3;

/** BatchMatMul: a [..., M, J], b [..., J, N] (each transposed if told) -> [..., M, N]; leading dimensions broadcast. */
export function batchMatMul(stock: Kernel): Kernel {
  const multiply = (a: tf.Tensor, b: tf.Tensor) => stock({ a, b }, { transposeA: false, transposeB: false });
  return ({ a, b }, { transposeA, transposeB }) => {
    const left = stackOf(a, transposeA === true); // [batchA, M, J]
    const right = stackOf(b, transposeB === true); // [batchB, J, N]
    const [batchA, m, j] = left.shape;
    const n = right.shape[2];
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const outShape = [...batch, m, n];
    if (right.shape[0] === 1) return tf.reshape(multiply(tf.reshape(left, [1, batchA * m, j]), right), outShape);
    const lefts = broadcastBatch(left, a.shape, batch);
    const rights = broadcastBatch(right, b.shape, batch);
    if (m * j * n < SMALL) return tf.reshape(multiply(lefts, rights), outShape);
    const matrices = tf.split(lefts, lefts.shape[0]);
    const products = tf
      .split(rights, rights.shape[0])
      .map((matrix, index) => multiply(matrices[index] ?? left, matrix));
    return tf.reshape(tf.concat(products, 0), outShape);
  };
}

/** _FusedMatMul on [B, M, J] and [B, J, N]; the stock kernel adds bias and activation where nothing needs transposing. */
export function fusedMatMul(stock: Kernel): Kernel {
  return (inputs, attrs) => {
    const { transposeA, transposeB } = attrs;
    const a = stackOf(inputs['a'], transposeA === true);
    const b = stackOf(inputs['b'], transposeB === true);
    return stock({ ...inputs, a, b }, { ...attrs, transposeA: false, transposeB: false });
  };
}

/** [..., R, C] as [batch, R, C], or [batch, C, R] if to be transposed. */
function stackOf(x: tf.Tensor, transposed: boolean): tf.Tensor3D {
  const [rows, columns] = x.shape.slice(-2);
  const stack = tf.reshape(x, [tf.util.sizeFromShape(x.shape.slice(0, -2)), rows, columns]) as tf.Tensor3D;
  return transposed ? tf.transpose(stack, [0, 2, 1]) : stack;
}

/** Repeats a stack whose leading dimensions broadcast in part; a stack of one is left for the caller to reuse. */
function broadcastBatch(stack: tf.Tensor3D, shape: number[], batch: number[]): tf.Tensor3D {
  const count = tf.util.sizeFromShape(batch);
  if (stack.shape[0] === 1 || stack.shape[0] === count) return stack;
  const [rows, columns] = stack.shape.slice(1);
  const leading = [...Array<number>(batch.length + 2 - shape.length).fill(1), ...shape.slice(0, -2)];
  const whole = tf.broadcastTo(tf.reshape(stack, [...leading, rows, columns]), [...batch, rows, columns]);
  return tf.reshape(whole, [count, rows, columns]);
}
