import { mutualInformation } from '@autoregseg/losses';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { informationByOneConvolution, timeLossForms } from './loss-forms.js';

beforeAll(useTestEngine);

describe('value', () => {
  it('is the same by one convolution and by one product for each displacement', () => {
    const [a, b] = [1, 2].map((seed) =>
      tf.softmax(tf.randomNormal([2, 6, 5, 3], 0, 1, 'float32', seed)),
    ) as tf.Tensor4D[];
    const ours = mutualInformation(a, b, { halfWindow: 2, joint: 'per-displacement' }).dataSync()[0];
    expect(informationByOneConvolution(a, b, 2).dataSync()[0]).toBeCloseTo(ours, 6);
  });

  it('leaves the one convolution out where it would take minutes', () => {
    const small = timeLossForms({ shape: [1, 6, 5, 2], halfWindow: 1, rounds: 1 });
    expect(small.speedUp).toBeGreaterThan(0);
    expect(small.difference).toBeLessThan(1e-6);
    expect(timeLossForms({ shape: [1, 130, 130, 1], halfWindow: 1, rounds: 1 }).speedUp).toBeUndefined();
  });
});
