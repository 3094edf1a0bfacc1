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
import { CASES, map, optionsOf, randomLogits, SHAPE, softmaxRows } from './mutual-information.fixture.js';

beforeAll(useTestEngine);

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
      'groups of other images, each by itself',
      () => mutualInformationOfGroups(p(), p(), tf.ones([2, 3])),
      'mutualInformationOfGroups: groups must be [G,N] = [G,2], got [2,3]',
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
