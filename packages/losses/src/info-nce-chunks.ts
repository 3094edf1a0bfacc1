/**
 * Scores of anchors against candidates, a chunk of anchors at a time: what keeps InfoNCE's memory linear.
 */
import * as tf from '@tensorflow/tfjs-core';
import { sameWindowPairs, type MapShape } from './info-nce-candidates.js';

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

/** Scores of the candidates, a chunk of anchors at a time: [c, M], the left-out ones at minus 1e30. */
export function chunkScores(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  counted: tf.Tensor1D | undefined,
  { shape, halfWindow, temperature, chunkSize, candidates }: Contrast,
) {
  const positions = a.shape[0];
  const places = tf.tensor1d(candidates, 'int32');
  const chosen = tf.keep(tf.tidy(() => tf.transpose(tf.div(tf.gather(b, places), temperature)))); // [D, M]
  const hidden =
    counted && tf.keep(tf.tidy(() => tf.mul(tf.sub(1, tf.gather(counted, places)), LEFT_OUT) as tf.Tensor1D));
  places.dispose();
  const pairs = sameWindowPairs(candidates, shape, halfWindow, chunkSize);
  return {
    count: Math.ceil(positions / chunkSize),
    range: (chunk: number): [start: number, size: number] => [
      chunk * chunkSize,
      Math.min(chunkSize, positions - chunk * chunkSize),
    ],
    scores(chunk: number): tf.Tensor2D {
      return tf.tidy(() => {
        const [start, size] = this.range(chunk);
        const scores = tf.matMul(tf.slice(a, [start, 0], [size, -1]), chosen); // [c, M]
        const near = pairs[chunk] ?? [];
        const updates = tf.mul(tf.ones([near.length / 2]), LEFT_OUT);
        const leftOut =
          near.length > 0
            ? tf.scatterND(tf.tensor2d(near, [near.length / 2, 2], 'int32'), updates, [size, candidates.length])
            : undefined;
        const free = leftOut ? tf.add(scores, leftOut) : scores;
        return (hidden ? tf.add(free, hidden) : free) as tf.Tensor2D;
      });
    },
    dispose: () => tf.dispose(hidden ? [chosen, hidden] : [chosen]),
  };
}
