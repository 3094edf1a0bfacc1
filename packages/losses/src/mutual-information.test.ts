import * as tf from '@tensorflow/tfjs-core';
import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusteringLoss, jointDistribution, jointDistributionPerDisplacement, mutualInformation } from './index.js';
import {
  CASES,
  map,
  MASK,
  oneHot,
  randomLogits,
  SHAPE,
  softmaxRows,
  value,
  optionsOf,
  type Case,
  type Shape,
} from './mutual-information.fixture.js';

beforeAll(useTestEngine);

/** The definition, in float64, term by term: every displacement, every pair of positions, every pair of clusters. */
function reference(a: number[], b: number[], shape: Shape, choices: Case) {
  const { groups = Array<number>(shape[0]).fill(0) } = choices;
  const ofGroups = [...new Set(groups)].map((group) => {
    const images = groups.flatMap((other, image) => (other === group ? [image] : []));
    return informationOf(images, a, b, shape, choices);
  });
  const pairs = ofGroups.reduce((sum, { total }) => sum + total, 0);
  return ofGroups.reduce((sum, { total, value }) => sum + (total / pairs) * value, 0);
}

function informationOf(images: number[], a: number[], b: number[], [, h, w, k]: Shape, choices: Case) {
  const { halfWindow, joint, entropyWeight, mask } = choices;
  const at = (x: number[], image: number, row: number, column: number, cluster: number) => {
    if (row < 0 || row >= h || column < 0 || column >= w) return 0;
    const position = (image * h + row) * w + column;
    return x[position * k + cluster] * (mask?.[position] ?? 1);
  };
  const tables: number[][][] = [];
  for (let dr = -halfWindow; dr <= halfWindow; dr++) {
    for (let dc = -halfWindow; dc <= halfWindow; dc++) {
      const table = Array.from({ length: k }, () => Array<number>(k).fill(0));
      for (const i of images)
        for (let r = 0; r < h; r++)
          for (let c = 0; c < w; c++)
            for (let p = 0; p < k; p++)
              for (let q = 0; q < k; q++) table[p][q] += at(a, i, r, c, p) * at(b, i, r + dr, c + dc, q);
      tables.push(table);
    }
  }
  const pooled = tables[0].map((row, p) => row.map((_, q) => tables.reduce((sum, table) => sum + table[p][q], 0)));
  const informations = (joint === 'pooled' ? [pooled] : tables).map((table) => {
    const total = table.flat().reduce((sum, x) => sum + x, 0);
    const P = table.map((row, p) => row.map((_, q) => (table[p][q] + table[q][p]) / 2 / total));
    const marginal = P.map((row) => row.reduce((sum, x) => sum + x, 0));
    let sum = 0;
    for (let p = 0; p < k; p++)
      for (let q = 0; q < k; q++)
        sum += P[p][q] * (Math.log(P[p][q]) - entropyWeight * (Math.log(marginal[p]) + Math.log(marginal[q])));
    return sum;
  });
  const total = pooled.flat().reduce((sum, x) => sum + x, 0);
  return { total, value: informations.reduce((sum, x) => sum + x, 0) / informations.length };
}

describe('shape', () => {
  it('is a scalar, for one image that is not square', () => {
    const p = tf.softmax(map(randomLogits([1, 2, 5, 3], 1), [1, 2, 5, 3]));
    expect(mutualInformation(p, p).shape).toEqual([]);
    expect(mutualInformation(p, p, { joint: 'per-displacement', halfWindow: 1 }).shape).toEqual([]);
  });

  it('has one joint distribution, or one for each displacement', () => {
    const p = tf.softmax(map(randomLogits(SHAPE, 1), SHAPE));
    expect(jointDistribution(p, p, { halfWindow: 2 }).shape).toEqual([3, 3]);
    expect(jointDistributionPerDisplacement(p, p, { halfWindow: 2 }).shape).toEqual([25, 3, 3]);
  });
});

describe('value', () => {
  it.each(CASES)('is that of the definition for %o', async (options) => {
    const [a, b] = [2, 3].map((seed) => softmaxRows(randomLogits(SHAPE, seed), 3));
    const computed = mutualInformation(map(a, SHAPE), map(b, SHAPE), optionsOf(options));
    // float32 sums of a few hundred terms
    expect(await value(computed)).toBeCloseTo(reference(a, b, SHAPE, options), 5);
  });

  it('is log K for identical one-hot maps with uniform use', async () => {
    const p = oneHot([0, 1, 2, 3], [1, 2, 2, 4]);
    expect(await value(mutualInformation(p, p))).toBeCloseTo(Math.log(4), 6);
  });

  it('is the entropy of the shares for identical one-hot maps', async () => {
    const p = oneHot([0, 0, 0, 0, 1, 1, 2, 2], [2, 2, 2, 3]);
    expect(await value(mutualInformation(p, p))).toBeCloseTo(1.5 * Math.log(2), 6);
  });

  it('is 0 for independent maps of equal marginals', async () => {
    const a = oneHot([0, 0, 1, 1], [1, 2, 2, 2]);
    const b = oneHot([0, 1, 0, 1], [1, 2, 2, 2]);
    expect(await value(mutualInformation(a, b))).toBeCloseTo(0, 6);
  });

  it('is not 0 for independent maps of different marginals: symmetrising makes them dependent', async () => {
    // a is always cluster 0, b always 1: P = [[0, 1/2], [1/2, 0]]
    const [a, b] = [0, 1].map((id) => oneHot([id, id, id, id], [1, 2, 2, 2]));
    expect(await value(mutualInformation(a, b))).toBeCloseTo(Math.log(2), 6);
  });

  it('is 0 when one cluster has everything', async () => {
    const p = oneHot([1, 1, 1, 1], [1, 2, 2, 2]);
    expect(await value(mutualInformation(p, p))).toBe(0);
  });

  it('within groups is 0 for clusters that tell groups apart alone', async () => {
    // image 0 is cluster 0, image 1 cluster 1
    const p = oneHot([0, 0, 0, 0, 1, 1, 1, 1], [2, 2, 2, 2]);
    expect(await value(mutualInformation(p, p))).toBeCloseTo(Math.log(2), 6);
    expect(await value(mutualInformation(p, p, { groups: tf.tensor2d([[1, 1]]) }))).toBeCloseTo(Math.log(2), 6);
    const groups = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    expect(await value(mutualInformation(p, p, { groups }))).toBe(0);
  });

  it('within groups is the mean of theirs, by how many positions they have', async () => {
    // Halves of an image, quarters of the other, of which the mask leaves half.
    const p = oneHot([0, 0, 1, 1, 0, 1, 2, 3], [2, 2, 2, 4]);
    const groups = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    expect(await value(mutualInformation(p, p, { groups }))).toBeCloseTo(1.5 * Math.log(2), 6);
    const mask = tf.tensor3d([1, 1, 1, 1, 1, 1, 0, 0], [2, 2, 2]);
    expect(await value(mutualInformation(p, p, { groups, mask }))).toBeCloseTo(Math.log(2), 6);
  });

  it('within a group that is empty or masked is nothing', async () => {
    const p = oneHot([0, 0, 1, 1, 0, 1, 2, 3], [2, 2, 2, 4]);
    const mask = tf.tensor3d([1, 1, 1, 1, 0, 0, 0, 0], [2, 2, 2]);
    const groups = tf.tensor2d([1, 0, 0, 0, 0, 1], [3, 2]);
    expect(await value(mutualInformation(p, p, { groups, mask }))).toBeCloseTo(Math.log(2), 6);
  });

  it('is symmetric in a and b', async () => {
    const [a, b] = [4, 5].map((seed) => tf.softmax(map(randomLogits(SHAPE, seed), SHAPE)));
    for (const joint of ['pooled', 'per-displacement'] as const) {
      const [ab, ba] = [
        mutualInformation(a, b, { halfWindow: 1, joint }),
        mutualInformation(b, a, { halfWindow: 1, joint }),
      ];
      expect(await value(ab)).toBeCloseTo(await value(ba), 6);
    }
  });

  it('does not change when clusters are renamed in both maps', async () => {
    const [a, b] = [6, 7].map((seed) => tf.softmax(map(randomLogits(SHAPE, seed), SHAPE)));
    const renamed = [a, b].map((x) => tf.gather(x, tf.tensor1d([2, 0, 1], 'int32'), 3) as tf.Tensor4D);
    const before = await value(mutualInformation(a, b, { halfWindow: 1 }));
    expect(await value(mutualInformation(renamed[0], renamed[1], { halfWindow: 1 }))).toBeCloseTo(before, 6);
  });

  it('counts pairs within one position of each other at T = 1', async () => {
    // In a row 0 0 1: 00 00 11 with themselves, 00 01 to the right, 00 10 to the left, so P = [[4, 1], [1, 1]] / 7;
    // the second row of the map repeats it in all 4 pairs of rows.
    const p = oneHot([0, 0, 1, 0, 0, 1], [1, 2, 3, 2]);
    const joint = await jointDistribution(p, p, { halfWindow: 1 }).data();
    [4, 1, 1, 1].forEach((count, index) => expect(joint[index]).toBeCloseTo(count / 7, 6));
    const expected = (4 / 7) * Math.log(28 / 25) + (2 / 7) * Math.log(7 / 10) + (1 / 7) * Math.log(7 / 4);
    expect(await value(mutualInformation(p, p, { halfWindow: 1 }))).toBeCloseTo(expected, 6);
  });

  it('convention: displacements run rows first, and (row, column) leads from a to b', async () => {
    // Cluster 1 of a is at (0, 0) alone, that of b at (1, 2): they meet at u = (1, 2), whose place is (1 + 2) 5 + (2 + 2).
    const a = oneHot([1, 0, 0, 0, 0, 0, 0, 0, 0], [1, 3, 3, 2]);
    const b = oneHot([0, 0, 0, 0, 0, 1, 0, 0, 0], [1, 3, 3, 2]);
    const joints = (await jointDistributionPerDisplacement(a, b, { halfWindow: 2 }).array()) as number[][][];
    expect(joints.map((joint, u) => (joint[1][1] > 0 ? u : -1)).filter((u) => u >= 0)).toEqual([3 * 5 + 4]);
  });

  it('ignores what the mask hides, whatever is there', async () => {
    const logits = randomLogits(SHAPE, 8);
    const other = logits.map((logit, index) => (MASK[Math.floor(index / 3)] === 1 ? logit : -logit));
    const mask = tf.tensor3d(MASK, [2, 3, 4]);
    const [p, q] = [logits, other].map((x) => tf.softmax(map(x, SHAPE)));
    for (const joint of ['pooled', 'per-displacement'] as const) {
      const options = { mask, joint, halfWindow: 1 };
      expect(await value(mutualInformation(q, q, options))).toBe(await value(mutualInformation(p, p, options)));
    }
  });

  it('takes a mask of booleans', async () => {
    const p = tf.softmax(map(randomLogits(SHAPE, 8), SHAPE));
    const mask = tf.tensor3d(MASK, [2, 3, 4]);
    const asBooleans = await value(mutualInformation(p, p, { mask: tf.cast(mask, 'bool') }));
    expect(asBooleans).toBe(await value(mutualInformation(p, p, { mask })));
  });

  it('is 0 where the mask leaves nothing', async () => {
    const p = tf.softmax(map(randomLogits(SHAPE, 9), SHAPE));
    expect(await value(mutualInformation(p, p, { mask: tf.zeros([2, 3, 4]) }))).toBe(0);
  });

  it('shows NaN as NaN', async () => {
    const p = tf.mul<tf.Tensor4D>(tf.ones<tf.Rank.R4>([1, 2, 2, 2]), Number.NaN);
    expect(await value(mutualInformation(p, p))).toBeNaN();
  });

  it('is minus the information as a loss', async () => {
    const p = oneHot([0, 1, 2, 3], [1, 2, 2, 4]);
    expect(await value(clusteringLoss(p, p, { entropyWeight: 2 }))).toBeCloseTo(-3 * Math.log(4), 5);
  });
});

describe('gradient', () => {
  it.each(CASES)('in the logits is that of the definition for %o', async (options) => {
    const logits = [10, 11].map((seed) => randomLogits(SHAPE, seed));
    const computed = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      mutualInformation(tf.softmax(a as tf.Tensor4D), tf.softmax(b as tf.Tensor4D), optionsOf(options)),
    )(logits.map((x) => map(x, SHAPE)));
    for (const which of [0, 1]) {
      const gradient = await computed[which].data();
      logits[which].forEach((_, index) => {
        const [ahead, behind] = [1e-4, -1e-4].map((step) => {
          const moved = logits.map((x, view) => x.map((y, i) => (view === which && i === index ? y + step : y)));
          return reference(softmaxRows(moved[0], 3), softmaxRows(moved[1], 3), SHAPE, options);
        });
        // central differences in float64 are good to 1e-8; float32 to about 1e-6 of values below 0.1
        expect(gradient[index]).toBeCloseTo((ahead - behind) / 2e-4, 5);
      });
    }
  });

  it.each(['pooled', 'per-displacement'] as const)('is finite and 0 at saturated probabilities, %s', async (joint) => {
    const logits = tf.mul(oneHot([0, 1, 0, 0, 1, 1], [1, 2, 3, 3]), 1000);
    const gradient = tf.grad((x: tf.Tensor) => {
      const p = tf.softmax(x as tf.Tensor4D);
      return mutualInformation(p, p, { halfWindow: 1, joint });
    })(logits);
    expect([...(await gradient.data())].every((x) => Math.abs(x) < 1e-6)).toBe(true);
  });

  it('is 0 where the mask leaves nothing', async () => {
    const p = tf.softmax(map(randomLogits(SHAPE, 12), SHAPE));
    const mask = tf.zeros<tf.Rank.R3>([2, 3, 4]);
    const gradient = tf.grad((x: tf.Tensor) => mutualInformation(x as tf.Tensor4D, p, { mask, halfWindow: 1 }))(p);
    expect(new Set(await gradient.data())).toEqual(new Set([0]));
  });
});

describe('error', () => {
  const p = () => tf.div<tf.Tensor4D>(tf.ones<tf.Rank.R4>([2, 8, 6, 3]), 3);
  it.each([
    [
      'maps of different shapes',
      () => mutualInformation(p(), tf.zeros([2, 8, 6, 4])),
      'mutualInformation: a and b must have the same shape, got [2,8,6,3] and [2,8,6,4]',
    ],
    [
      'maps of another rank',
      () => mutualInformation(tf.zeros([4, 3]) as tf.Tensor as tf.Tensor4D, p()),
      'mutualInformation: a and b must be [N,H,W,K], got [4,3] and [2,8,6,3]',
    ],
    [
      'a window that reaches over the map',
      () => clusteringLoss(p(), p(), { halfWindow: 6 }),
      'mutualInformation: halfWindow must be an integer from 0 to 5 on maps of 8 x 6, got 6',
    ],
    [
      'half a position',
      () => jointDistribution(p(), p(), { halfWindow: 0.5 }),
      'jointDistribution: halfWindow must be an integer from 0 to 5 on maps of 8 x 6, got 0.5',
    ],
    [
      'a mask of another shape',
      () => jointDistributionPerDisplacement(p(), p(), { mask: tf.ones([2, 8, 8]) }),
      'jointDistributionPerDisplacement: mask must be [N,H,W] = [2,8,6], got [2,8,8]',
    ],
    [
      'a negative entropy weight',
      () => mutualInformation(p(), p(), { entropyWeight: -1 }),
      'mutualInformation: entropyWeight must be a finite number >= 0, got -1',
    ],
    [
      'groups of other images',
      () => mutualInformation(p(), p(), { groups: tf.ones([2, 3]) }),
      'mutualInformation: groups must be [G,N] = [G,2], got [2,3]',
    ],
    [
      'an unknown joint',
      () => mutualInformation(p(), p(), { joint: 'collapsed' as 'pooled' }),
      "mutualInformation: joint must be 'pooled' or 'per-displacement', got 'collapsed'",
    ],
  ])('refuses %s', (_, call, text) => {
    expect(call).toThrow(new RangeError(text));
  });
});

describe('memory', () => {
  it.each(CASES)('leaves one tensor, and one for each gradient: %o', (options) => {
    const [a, b] = [13, 14].map((seed) => map(softmaxRows(randomLogits(SHAPE, seed), 3), SHAPE));
    const all = optionsOf(options);
    const before = tf.memory().numTensors;
    mutualInformation(a, b, all);
    expect(tf.memory().numTensors - before).toBe(1);
    tf.grads((x: tf.Tensor, y: tf.Tensor) => mutualInformation(x as tf.Tensor4D, y as tf.Tensor4D, all))([a, b]);
    expect(tf.memory().numTensors - before).toBe(3);
  });
});
