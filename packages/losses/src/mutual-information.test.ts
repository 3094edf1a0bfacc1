import * as tf from '@tensorflow/tfjs-core';
import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  clusteringLoss,
  jointDistribution,
  jointDistributionPerDisplacement,
  mutualInformation,
  mutualInformationOfGroups,
} from './index.js';
import {
  CASES,
  map,
  MASK,
  oneHot,
  randomLogits,
  reference,
  SHAPE,
  softmaxRows,
  value,
  optionsOf,
} from './mutual-information.fixture.js';

beforeAll(useTestEngine);

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

  it.each(['pooled', 'per-displacement'] as const)('of each group is that of its images alone: %s', async (joint) => {
    const [a, b] = [4, 5].map((seed) => tf.softmax(map(randomLogits([3, 4, 5, 3], seed), [3, 4, 5, 3])));
    const groups = tf.tensor2d([0, 1, 0, 1, 0, 1], [2, 3]);
    const options = { joint, halfWindow: 1, entropyWeight: 1.3 };
    const { information, shares } = mutualInformationOfGroups(a, b, groups, options);
    for (const [group, images] of [[1], [0, 2]].entries()) {
      const [ownA, ownB] = [a, b].map((map) => tf.gather(map, images) as tf.Tensor4D);
      expect((await information.data())[group]).toBeCloseTo(await value(mutualInformation(ownA, ownB, options)), 6);
      expect((await shares.data())[group]).toBeCloseTo(images.length / 3, 6);
    }
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
