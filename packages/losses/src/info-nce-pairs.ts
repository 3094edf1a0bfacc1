/**
 * Pairs of anchor and counterpart, a displacement at a time: what of InfoNCE needs no candidates.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Contrast } from './info-nce-chunks.js';

type Displacement = readonly [down: number, right: number];

/** What each anchor has at each of the U displacements. */
export interface Counterparts {
  /** [P, U] cos(a_i, b_{i+u}) / tau. */
  readonly scores: tf.Tensor2D;
  /** [P, U] 1 where both are in the map and count, else 0. */
  readonly weights: tf.Tensor2D;
}

export function counterpartsOf(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  counted: tf.Tensor1D,
  { shape, halfWindow, temperature }: Contrast,
): Counterparts {
  return tf.tidy(() => {
    const [anchors, others, places] = [a, b, tf.expandDims(counted, 1)].map((rows) => mapOf(rows, shape)); // [N, H, W, D], [N, H, W, 1]
    const ofPairs = (here: tf.Tensor4D, there: tf.Tensor4D): tf.Tensor2D => {
      const maps = displacements(halfWindow).map((u) => tf.tidy(() => tf.sum(tf.mul(here, at(there, u)), 3))); // [N, H, W]
      return tf.reshape(tf.stack(maps, 3), [-1, maps.length]);
    };
    return { scores: tf.div<tf.Tensor2D>(ofPairs(anchors, others), temperature), weights: ofPairs(places, places) };
  });
}

/**
 * What counterparts add to the gradients, before the factor 1 / (n tau):
 *
 *   in a_i: - sum_u missed(i, u) b_{i+u},   in b_j: - sum_u missed(j-u, u) a_{j-u}
 *
 * @param missed - [P, U]
 * @returns [P, D] in a and in b
 */
export function counterpartGradients(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  missed: tf.Tensor2D,
  { shape, halfWindow }: Contrast,
): [tf.Tensor2D, tf.Tensor2D] {
  return tf.tidy(() => {
    const [anchors, others, pulls] = [a, b, tf.neg(missed)].map((rows) => mapOf(rows, shape));
    let sums: tf.Tensor4D[] = [tf.zerosLike(anchors), tf.zerosLike(others)];
    displacements(halfWindow).forEach(([down, right], u) => {
      const before = sums;
      sums = tf.tidy(() => {
        const pull = tf.slice(pulls, [0, 0, 0, u], [-1, -1, -1, 1]); // [N, H, W, 1]
        const parts = [tf.mul(pull, at(others, [down, right])), at(tf.mul(pull, anchors), [-down, -right])];
        return before.map((sum, which) => tf.add(sum, parts[which]));
      });
      tf.dispose(before);
    });
    return sums.map((sum) => tf.reshape(sum, a.shape));
  }) as [tf.Tensor2D, tf.Tensor2D];
}

/** All displacements of a window. */
function displacements(halfWindow: number): Displacement[] {
  const side = 2 * halfWindow + 1;
  return Array.from({ length: side ** 2 }, (_, u) => [Math.floor(u / side) - halfWindow, (u % side) - halfWindow]);
}

/** What lies at i + u, in the place of i; 0 where that is outside the map. The transpose of it is that at -u. */
function at(map: tf.Tensor4D, [down, right]: Displacement): tf.Tensor4D {
  if (down === 0 && right === 0) return map;
  const [count, height, width, features] = map.shape;
  const size = [count, height - Math.abs(down), width - Math.abs(right), features];
  const edges = [down, right].map((u) => [Math.max(0, -u), Math.max(0, u)] as [number, number]);
  return tf.pad(tf.slice(map, [0, edges[0][1], edges[1][1], 0], size), [[0, 0], ...edges, [0, 0]]);
}

function mapOf(rows: tf.Tensor, shape: Contrast['shape']): tf.Tensor4D {
  return tf.reshape(rows, [...shape, rows.shape[1]!]);
}
