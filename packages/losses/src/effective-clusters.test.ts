import * as tf from '@tensorflow/tfjs-core';
import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { effectiveClusters, effectiveClustersOfGroups, entropy, information } from './index.js';

beforeAll(useTestEngine);

const value = async (scalar: tf.Tensor) => (await scalar.data())[0];
const twoThirdsFirst = () => tf.tensor4d([1, 0, 0, 0, 1, 0, 1, 0, 0], [1, 1, 3, 3]);

describe('shape', () => {
  it('is a scalar', () => expect(effectiveClusters(twoThirdsFirst()).shape).toEqual([]));

  it('keeps the leading axes of a table of distributions', () => {
    const tables = tf.div(tf.ones([5, 2, 3]), 6);
    expect(information(tables).shape).toEqual([5]);
    expect(entropy(tables).shape).toEqual([5, 2]);
  });
});

describe('value', () => {
  it('is K for equal shares, soft or hard', async () => {
    expect(await value(effectiveClusters(tf.div<tf.Tensor4D>(tf.ones([1, 2, 2, 5]), 5)))).toBeCloseTo(5, 5);
    expect(await value(effectiveClusters(tf.tensor4d([1, 0, 0, 1], [1, 2, 1, 2])))).toBeCloseTo(2, 6);
  });

  it('is 1 when one cluster has everything', async () => {
    expect(await value(effectiveClusters(tf.tensor4d([0, 1, 0, 1], [1, 2, 1, 2])))).toBe(1);
  });

  it('is exp of the entropy of the shares 2/3 and 1/3', async () => {
    // (2/3)^(-2/3) (1/3)^(-1/3) = 3 / 2^(2/3)
    expect(await value(effectiveClusters(twoThirdsFirst()))).toBeCloseTo(3 / 2 ** (2 / 3), 6);
  });

  it('is that of all parts of a batch', async () => {
    const allReduce = <T extends tf.Tensor>(own: T) => tf.add(own, tf.tensor1d([0, 3, 0])) as T;
    // Shares 2, 1 here and 0, 3 elsewhere: 1/3 and 2/3.
    expect(await value(effectiveClusters(twoThirdsFirst(), { allReduce }))).toBeCloseTo(3 / 2 ** (2 / 3), 6);
  });

  it('leaves out what the mask hides', async () => {
    const mask = tf.tensor3d([1, 1, 0], [1, 1, 3]);
    expect(await value(effectiveClusters(twoThirdsFirst(), { mask }))).toBeCloseTo(2, 6);
    expect(await value(effectiveClusters(twoThirdsFirst(), { mask: tf.zeros([1, 1, 3]) }))).toBe(1);
  });

  it('is that of the images of each group by themselves', async () => {
    const probs = tf.tensor4d([1, 0, 0, 1, 1, 0, 1, 0], [2, 1, 2, 2]);
    const groups = tf.tensor2d([1, 0, 0, 1, 1, 1], [3, 2]);
    const [first, second, both] = await effectiveClustersOfGroups(probs, groups).data();
    expect(first).toBeCloseTo(2, 6);
    expect(second).toBe(1);
    expect(both).toBeCloseTo(await value(effectiveClusters(probs)), 6);
    const mask = tf.tensor3d([1, 0, 1, 1], [2, 1, 2]);
    expect([...(await effectiveClustersOfGroups(probs, groups, { mask }).data())]).toEqual([1, 1, 1]);
  });

  it('is log 2 for two clusters that determine each other, and 0 for two that do not', async () => {
    expect(await value(information(tf.tensor2d([0.5, 0, 0, 0.5], [2, 2])))).toBeCloseTo(Math.log(2), 6);
    expect(await value(information(tf.tensor2d([0.06, 0.14, 0.24, 0.56], [2, 2])))).toBeCloseTo(0, 6);
  });

  it('shows a negative probability as NaN', async () => {
    expect(await value(entropy(tf.tensor1d([1.5, -0.5])))).toBeNaN();
  });
});

describe('error', () => {
  it('refuses groups of other images', () => {
    expect(() => effectiveClustersOfGroups(twoThirdsFirst(), tf.ones([2, 3]))).toThrow(
      new RangeError('effectiveClustersOfGroups: groups must be [G,N] = [G,1], got [2,3]'),
    );
  });

  it('refuses a mask of another shape', () => {
    expect(() => effectiveClusters(twoThirdsFirst(), { mask: tf.ones([1, 3, 1]) })).toThrow(
      new RangeError('effectiveClusters: mask must be [N,H,W] = [1,1,3], got [1,3,1]'),
    );
  });
});

describe('memory', () => {
  it('leaves one tensor', () => {
    const probs = twoThirdsFirst();
    const before = tf.memory().numTensors;
    effectiveClusters(probs);
    expect(tf.memory().numTensors - before).toBe(1);
  });
});
