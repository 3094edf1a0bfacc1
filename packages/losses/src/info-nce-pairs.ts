/**
 * Pairs of anchor and counterpart at one displacement, as slices of the two maps.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { MapShape } from './info-nce-candidates.js';
import type { Contrast } from './info-nce-chunks.js';

/** One displacement: anchors and counterparts as slices of the maps, and how many of them count. */
export interface Displacement {
  /** Where the slices start, and their size, on the axes N, H, W. */
  readonly here: [number, number, number];
  readonly there: [number, number, number];
  readonly size: [number, number, number];
}

/** All displacements of a window. */
export function displacements([count, height, width]: MapShape, halfWindow: number): Displacement[] {
  const side = 2 * halfWindow + 1;
  return Array.from({ length: side ** 2 }, (_, u) => {
    const [down, right] = [Math.floor(u / side) - halfWindow, (u % side) - halfWindow];
    return {
      here: [0, Math.max(0, -down), Math.max(0, -right)],
      there: [0, Math.max(0, down), Math.max(0, right)],
      size: [count, height - Math.abs(down), width - Math.abs(right)],
    };
  });
}

/** Everything that concerns one displacement: scores of the pairs, what each weighs, and the way back to whole maps. */
export function pairsAt(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  partition: tf.Tensor1D,
  counted: tf.Tensor1D | undefined,
  { shape, temperature }: Contrast,
  { here, there, size }: Displacement,
) {
  const features = a.shape[1];
  const map = (rows: tf.Tensor2D) => tf.reshape(rows, [...shape, features]) as tf.Tensor4D; // [N, H, W, D]
  const field = (values: tf.Tensor1D) => tf.reshape(values, [...shape]) as tf.Tensor3D; // [N, H, W]
  const anchors = tf.slice(map(a), [...here, 0], [...size, features]);
  const counterparts = tf.slice(map(b), [...there, 0], [...size, features]);
  const scores = tf.div(tf.sum(tf.mul(anchors, counterparts), 3), temperature) as tf.Tensor3D;
  // How far the counterpart is behind all candidates together; the loss is log(1 + exp) of it.
  const behind = tf.sub(tf.slice(field(partition), here, size), scores) as tf.Tensor3D;
  const weights = counted && tf.mul(tf.slice(field(counted), here, size), tf.slice(field(counted), there, size));
  const placed = (values: tf.Tensor, start: readonly number[]) => {
    const edges = start.map((before, axis) => [before, shape[axis] - before - size[axis]] as [number, number]);
    return tf.pad(values, values.rank === 4 ? [...edges, [0, 0]] : edges);
  };
  return { anchors, counterparts, behind, weights, placed };
}

/** How many pairs of anchor and counterpart count, at least 1. */
export function pairCount(counted: tf.Tensor1D | undefined, { shape, halfWindow }: Contrast): tf.Scalar {
  const all = displacements(shape, halfWindow);
  if (!counted) return tf.scalar(all.reduce((sum, { size }) => sum + size[0] * size[1] * size[2], 0));
  return tf.tidy(() => {
    const field = tf.reshape(counted, [...shape]);
    const sums = all.map(({ here, there, size }) =>
      tf.sum(tf.mul(tf.slice(field, here, size), tf.slice(field, there, size))),
    );
    return tf.maximum(tf.addN(sums), 1) as tf.Scalar;
  });
}
