import { jointDistribution } from '@autoregseg/losses';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { meetings, type Joint } from './meetings.js';
import { jointWithin } from './overcluster-tree.js';

beforeAll(useTestEngine);

const [height, width, clusters] = [4, 5, 2];

/** Rows that sum to 1, of eight orderings. */
function randomMaps(): Float32Array {
  return tf.softmax(tf.randomNormal([8, height, width, clusters], 0, 2, 'float32', 3)).dataSync<'float32'>();
}

/** Every pair of different orderings and of positions that counts, one by one. */
function countedOneByOne(orderings: Float32Array, counts: (down: number, right: number) => boolean): number[] {
  const at = (ordering: number, row: number, column: number, cluster: number) =>
    orderings[((ordering * height + row) * width + column) * clusters + cluster];
  const table = [0, 0, 0, 0];
  for (let a = 0; a < 8; a++)
    for (let b = 0; b < 8; b++)
      for (let r = 0; r < height; r++)
        for (let c = 0; c < width; c++)
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++)
              for (let k = 0; k < clusters; k++)
                for (let l = 0; l < clusters; l++)
                  if (a !== b && counts(Math.abs(y - r), Math.abs(x - c)))
                    table[clusters * k + l] += at(a, r, c, k) * at(b, y, x, l);
  return table;
}

describe('value', () => {
  it.each<[string, Joint, (down: number, right: number) => boolean]>([
    ['at one position or at its neighbours', (a, b) => jointWithin(a, b, 1), (down, right) => down <= 1 && right <= 1],
    ['at one position', jointDistribution, (down, right) => down === 0 && right === 0],
  ])('is over all pairs of different orderings, %s', (_, joint, counts) => {
    const orderings = randomMaps();
    const expected = countedOneByOne(orderings, counts);
    const total = expected.reduce((sum, value) => sum + value, 0);
    const table = meetings({ orderings, height, width, clusters, unmasked: new Float32Array() }, joint);
    table.forEach((value, i) => expect(value).toBeCloseTo((expected[i] * height * width) / total, 3));
  });

  it('takes a map of one position', () => {
    const orderings = Float32Array.from({ length: 16 }, (_, i) => Number(i % 2 === 0));
    const maps = { orderings, height: 1, width: 1, clusters, unmasked: new Float32Array() };
    expect([...meetings(maps, (a, b) => jointWithin(a, b, 1))]).toEqual([1, 0, 0, 0]);
  });
});
