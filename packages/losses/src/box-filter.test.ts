import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { boxFilter } from './box-filter.js';

beforeAll(useTestEngine);

type Shape = [count: number, height: number, width: number, clusters: number];

/** The definition, position by position. */
function reference(values: Float32Array, [count, height, width, clusters]: Shape, halfWindow: number): number[] {
  const at = (n: number, r: number, c: number, k: number) =>
    r < 0 || r >= height || c < 0 || c >= width ? 0 : values[((n * height + r) * width + c) * clusters + k];
  const means: number[] = [];
  for (let n = 0; n < count; n++)
    for (let r = 0; r < height; r++)
      for (let c = 0; c < width; c++)
        for (let k = 0; k < clusters; k++) {
          let sum = 0;
          for (let i = -halfWindow; i <= halfWindow; i++)
            for (let j = -halfWindow; j <= halfWindow; j++) sum += at(n, r + i, c + j, k);
          means.push(sum / (2 * halfWindow + 1) ** 2);
        }
  return means;
}

const CASES: readonly (readonly [what: string, shape: Shape, halfWindow: number])[] = [
  ['a map wider than high', [2, 5, 21, 4], 2],
  ['a window of most of the map', [1, 3, 40, 4], 10],
  ['a window larger than the map', [1, 4, 3, 3], 7],
  ['two clusters, the smallest window', [1, 2, 17, 2], 1],
  ['one cluster', [1, 3, 35, 1], 3],
  ['many clusters', [1, 4, 6, 20], 2],
];

describe('value', () => {
  it.each(CASES)('is the mean over the window, zeros outside: %s', (_, shape, halfWindow) => {
    const x = tf.randomUniform<tf.Rank.R4>(shape, 0, 1, 'float32', 1);
    const expected = reference(x.dataSync<'float32'>(), shape, halfWindow);
    const actual = boxFilter(x, halfWindow);
    expect(actual.shape).toEqual(shape);
    actual.dataSync().forEach((mean, index) => expect(mean).toBeCloseTo(expected[index], 6));
  });

  it('is exactly zero where the window holds zeros alone: a logarithm follows', () => {
    const x = tf.concat([tf.ones<tf.Rank.R4>([1, 4, 20, 3]), tf.zeros<tf.Rank.R4>([1, 4, 20, 3])], 2);
    const means = tf.slice(boxFilter(x, 2), [0, 0, 22, 0]).dataSync();
    expect([...new Set(means)]).toEqual([0]);
  });
});

describe('gradient', () => {
  it.each(CASES)('is the filter of the slope, its own adjoint: %s', (_, shape, halfWindow) => {
    const [x, dy] = [1, 2].map((seed) => tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', seed));
    // <dy, filter(x)> = <filter'(dy), x>
    const dx = tf.grad((map) => boxFilter(map as tf.Tensor4D, halfWindow))(x, dy);
    const [left, right] = [tf.sum(tf.mul(dy, boxFilter(x, halfWindow))), tf.sum(tf.mul(dx, x))].map((sum) => sum.dataSync()[0]); // prettier-ignore
    expect(left).toBeCloseTo(right, 3);
  });
});
