import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { wholePlaces } from './whole-places.js';

beforeAll(useTestEngine);

it('keeps the places all of whose pixels count, smaller ones at the edge too', () => {
  // prettier-ignore
  const mask = tf.tensor3d([
    1, 1, 1, 1, 0,
    1, 1, 1, 0, 1,
    1, 1, 1, 1, 1,
  ], [1, 3, 5]);
  expect(wholePlaces(mask, 2).arraySync()).toEqual([
    [
      [1, 0, 0],
      [1, 1, 1],
    ],
  ]);
});
