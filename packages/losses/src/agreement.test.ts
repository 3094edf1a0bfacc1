import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { agreementOfGroups, fleissKappa, observedAgreement } from './index.js';

beforeAll(useTestEngine);

const value = async (scalar: tf.Tensor) => (await scalar.data())[0];
/** A map of one line whose positions choose these clusters of K = 3. */
const choosing = (...clusters: number[]) =>
  tf.tensor4d(
    clusters.flatMap((cluster) => [0, 1, 2].map((k) => (k === cluster ? 0.6 : 0.2))),
    [1, 1, clusters.length, 3],
  );

/** [1] by loops over raters: n positions, two raters, n_ij raters of position i who chose j. */
function byDefinition(a: readonly number[], b: readonly number[], clusters: number): number {
  const counts = a.map((first, i) =>
    Array.from({ length: clusters }, (_, j) => Number(first === j) + Number(b[i] === j)),
  );
  const agreement =
    counts.reduce((sum, votes) => sum + (votes.reduce((s, v) => s + v * v, 0) - 2) / (2 * 1), 0) / a.length;
  const shares = Array.from(
    { length: clusters },
    (_, j) => counts.reduce((sum, votes) => sum + votes[j], 0) / (2 * a.length),
  );
  const chance = shares.reduce((sum, share) => sum + share ** 2, 0);
  return (agreement - chance) / (1 - chance);
}

describe('value', () => {
  it('is that of the definition by loops', async () => {
    const [a, b] = [
      [0, 1, 2, 2, 1, 0, 0, 2, 1, 1],
      [0, 1, 2, 1, 1, 0, 2, 2, 0, 1],
    ];
    expect(await value(fleissKappa(choosing(...a), choosing(...b)))).toBeCloseTo(byDefinition(a, b, 3), 5);
  });

  it('is that of the definition for many positions in several images', async () => {
    const maps = [1, 2].map((phase) => irregularTensor<tf.Rank.R4>([3, 7, 5, 6], phase));
    const [a, b] = maps.map((map) => [...tf.argMax(map, 3).dataSync()]);
    expect(await value(fleissKappa(maps[0], maps[1]))).toBeCloseTo(byDefinition(a, b, 6), 5);
  });

  it('is 1 for the same map, 0 where one cluster has all, below 0 for opposites', async () => {
    expect(await value(fleissKappa(choosing(0, 1, 2), choosing(0, 1, 2)))).toBeCloseTo(1, 5);
    expect(await value(fleissKappa(choosing(1, 1, 1), choosing(1, 1, 1)))).toBeCloseTo(0, 1);
    expect(await value(fleissKappa(choosing(0, 1), choosing(1, 0)))).toBeCloseTo(-1, 5);
  });

  it('counts what the mask shows', async () => {
    const mask = tf.tensor3d([1, 1, 1, 0], [1, 1, 4]);
    const masked = fleissKappa(choosing(0, 1, 2, 0), choosing(0, 2, 2, 1), { mask });
    expect(await value(masked)).toBeCloseTo(byDefinition([0, 1, 2], [0, 2, 2], 3), 5);
  });

  it('is that of all parts of a batch', async () => {
    // Elsewhere: two positions of cluster 0 in both maps, and one of 1 in a and 2 in b.
    const elsewhere = tf.tensor2d([2, 0, 0, 0, 0, 1, 0, 0, 0], [3, 3]);
    const allReduce = <T extends tf.Tensor>(own: T) => tf.add(own, elsewhere) as T;
    const kappa = fleissKappa(choosing(0, 1, 2), choosing(0, 1, 1), { allReduce });
    expect(await value(kappa)).toBeCloseTo(byDefinition([0, 1, 2, 0, 0, 1], [0, 1, 1, 0, 0, 2], 3), 5);
  });
});

describe('observedAgreement', () => {
  it('is the share of positions where both choose the same, by a count', async () => {
    const map = irregularTensor<tf.Rank.R4>([3, 7, 5, 6], 1);
    // The image in the middle is the same in both.
    const maps = [map, tf.reverse(map, 0)];
    const [a, b] = maps.map((map) => [...tf.argMax(map, 3).dataSync()]);
    const same = a.filter((cluster, i) => cluster === b[i]).length / a.length;
    expect(same).toBeGreaterThan(0.05);
    expect(same).toBeLessThan(0.95);
    expect(await value(observedAgreement(maps[0], maps[1]))).toBeCloseTo(same, 5);
  });

  it('counts what the mask shows, of all parts of a batch', async () => {
    const mask = tf.tensor3d([1, 1, 1, 0], [1, 1, 4]);
    const maps = [choosing(0, 1, 2, 0), choosing(0, 2, 2, 1)] as const;
    expect(await value(observedAgreement(...maps, { mask }))).toBeCloseTo(2 / 3, 5);
    // Elsewhere: one position where they agree, and two where they do not.
    const elsewhere = tf.tensor2d([1, 2, 0, 0, 0, 0, 0, 0, 0], [3, 3]);
    const allReduce = <T extends tf.Tensor>(own: T) => tf.add(own, elsewhere) as T;
    expect(await value(observedAgreement(...maps, { mask, allReduce }))).toBeCloseTo(3 / 6, 5);
    expect(await value(observedAgreement(...maps, { mask: tf.zeros([1, 1, 4]) }))).toBe(0);
  });
});

describe('agreementOfGroups', () => {
  it('is that of the images of each group by themselves', async () => {
    const [a, b] = [1, 2].map((phase) => irregularTensor<tf.Rank.R4>([3, 7, 5, 4], phase));
    const mask = tf.cast(tf.greater(irregularTensor([3, 7, 5], 3), 0), 'float32') as tf.Tensor3D;
    const groups = tf.tensor2d([0, 1, 0, 1, 0, 1], [2, 3]);
    const { observed, kappa } = agreementOfGroups(a, b, groups, { mask });
    for (const [group, images] of [[1], [0, 2]].entries()) {
      const [ownA, ownB, own] = [a, b, mask].map((map: tf.Tensor) => tf.gather(map, images));
      const options = { mask: own as tf.Tensor3D };
      const expected = [observedAgreement, fleissKappa].map((of) =>
        value(of(ownA as tf.Tensor4D, ownB as tf.Tensor4D, options)),
      );
      expect((await observed.data())[group]).toBeCloseTo(await expected[0], 6);
      expect((await kappa.data())[group]).toBeCloseTo(await expected[1], 6);
    }
  });

  it('refuses groups of other images', () => {
    expect(() => agreementOfGroups(choosing(0), choosing(0), tf.ones([2, 3]))).toThrow(
      new RangeError('agreementOfGroups: groups must be [G,N] = [G,1], got [2,3]'),
    );
  });
});

describe('error', () => {
  it('refuses maps and masks of other shapes', () => {
    expect(() => fleissKappa(choosing(0, 1), choosing(0))).toThrow(/^fleissKappa: /);
    expect(() => fleissKappa(choosing(0, 1), choosing(0, 1), { mask: tf.ones([1, 2, 1]) })).toThrow(
      new RangeError('fleissKappa: mask must be [N,H,W] = [1,1,2], got [1,2,1]'),
    );
  });
});

describe('memory', () => {
  it('leaves one tensor', () => {
    const maps = [choosing(0, 1), choosing(1, 1)];
    expectNoLeakedTensors(() => fleissKappa(maps[0], maps[1]), 1);
    expectNoLeakedTensors(() => observedAgreement(maps[0], maps[1]), 1);
    const groups = tf.ones<tf.Rank.R2>([2, 1]);
    expectNoLeakedTensors(() => agreementOfGroups(maps[0], maps[1], groups), 2);
  });
});
