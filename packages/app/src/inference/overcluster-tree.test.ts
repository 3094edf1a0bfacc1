import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { meetings } from './overcluster-tree.js';

beforeAll(useTestEngine);

const [height, width, clusters] = [3, 4, 2];

/** Rows that sum to 1, of eight orderings. */
function randomMaps(): Float32Array {
  return tf.softmax(tf.randomNormal([8, height, width, clusters], 0, 2, 'float32', 3)).dataSync<'float32'>();
}

describe('value', () => {
  it('is over all pairs of different orderings, at one position or at its neighbours', () => {
    const orderings = randomMaps();
    const at = (ordering: number, row: number, column: number, cluster: number) =>
      orderings[((ordering * height + row) * width + column) * clusters + cluster];
    const expected = [0, 0, 0, 0];
    for (let a = 0; a < 8; a++)
      for (let b = 0; b < 8; b++)
        for (let r = 0; r < height; r++)
          for (let c = 0; c < width; c++)
            for (let y = Math.max(0, r - 1); y <= Math.min(height - 1, r + 1); y++)
              for (let x = Math.max(0, c - 1); x <= Math.min(width - 1, c + 1); x++)
                for (let k = 0; k < clusters; k++)
                  for (let l = 0; l < clusters; l++)
                    if (a !== b) expected[clusters * k + l] += at(a, r, c, k) * at(b, y, x, l);
    const total = expected.reduce((sum, value) => sum + value, 0);
    const table = meetings({ orderings, height, width, clusters, unmasked: new Float32Array() });
    table.forEach((value, i) => expect(value).toBeCloseTo((expected[i] * height * width) / total, 3));
  });

  it('takes a map of one position', () => {
    const orderings = Float32Array.from({ length: 16 }, (_, i) => Number(i % 2 === 0));
    const table = meetings({ orderings, height: 1, width: 1, clusters, unmasked: new Float32Array() });
    expect([...table]).toEqual([1, 0, 0, 0]);
  });
});
