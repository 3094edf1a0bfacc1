import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { brightnessOf, lightGroups } from './light-groups.js';

beforeAll(useTestEngine);

const membership = (groups: tf.Tensor2D) => groups.arraySync();

describe('brightness', () => {
  it('is the mean of what the network is fed', () => {
    const images = Float32Array.of(0, 0.5, 1, 0.5, 0.25, 0.5, 0.25, 0.5);
    const statistics = { mean: [0.25, 0.5], std: [0.25, 1] };
    // Bands of image 0: (-1 + 3) / 2 and 0; of image 1: 0 and 0.
    expect(brightnessOf({ images, shape: [2, 1, 2, 2] }, statistics)).toEqual(Float32Array.of(0.5, 0));
  });

  it('leaves out pixels that are nothing, and is the training mean where all are', () => {
    const images = Float32Array.of(1, 0, 0, 0);
    const valid = Uint8Array.of(1, 0, 0, 0);
    const statistics = { mean: [0.5], std: [0.5] };
    expect(brightnessOf({ images, shape: [2, 1, 2, 1], valid }, statistics)).toEqual(Float32Array.of(1, 0));
  });
});

describe('groups', () => {
  it('are runs of the images in order of brightness', () => {
    expect(membership(lightGroups(Float32Array.of(3, 0, 2, 5, 1, 4), 2))).toEqual([
      [0, 1, 1, 0, 1, 0],
      [1, 0, 0, 1, 0, 1],
    ]);
  });

  it('are as even as may be, and keep the order of images that are as bright', () => {
    expect(membership(lightGroups(new Float32Array(7), 2))).toEqual([
      [1, 1, 1, 1, 0, 0, 0],
      [0, 0, 0, 0, 1, 1, 1],
    ]);
  });

  it('are fewer where they would hold less than three images, and at least one', () => {
    expect(lightGroups(new Float32Array(8), 4).shape).toEqual([2, 8]);
    expect(membership(lightGroups(Float32Array.of(2, 1), 3))).toEqual([[1, 1]]);
  });

  it("of a part of a batch are the whole batch's", () => {
    const all = Float32Array.of(3, 0, 2, 5, 1, 4);
    const whole = lightGroups(all, 2);
    const allReduce = <T extends tf.Tensor>(own: T) => tf.add(own, tf.tensor1d([3, 0, 0, 0, 0, 0])) as T;
    const part = lightGroups(all.subarray(1), 2, { first: 1, images: 6, allReduce });
    expect(membership(part)).toEqual(membership(tf.slice(whole, [0, 1], [-1, 5])));
  });
});
