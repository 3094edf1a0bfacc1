import * as tf from '@tensorflow/tfjs-core';
import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { mutualInformation, type MutualInformationOptions } from './index.js';
import { CASES, map, randomLogits, SHAPE, softmaxRows, value, optionsOf } from './mutual-information.fixture.js';

beforeAll(useTestEngine);

describe('a part of a batch', () => {
  it.each(CASES)('has the information, and the gradients, of the whole: %o', async (choices) => {
    const [a, b] = [5, 6].map((seed) => map(softmaxRows(randomLogits(SHAPE, seed), 3), SHAPE));
    const part = (x: tf.Tensor4D, first: number) => tf.slice(x, [first, 0, 0, 0], [1, -1, -1, -1]);
    const options = (first: number): MutualInformationOptions => {
      const { mask, groups, ...same } = optionsOf(choices);
      return {
        ...same,
        mask: mask && tf.slice(mask, [first, 0, 0], [1, -1, -1]),
        groups: groups && tf.slice(groups, [0, first], [-1, 1]),
      };
    };
    // The other part's table is what it gives itself to the sum.
    let others: tf.Tensor | undefined;
    const listen = <T extends tf.Tensor>(own: T) => (others = tf.keep(own)) as T;
    mutualInformation(part(a, 1), part(b, 1), { ...options(1), allReduce: listen });
    const allReduce = <T extends tf.Tensor>(own: T) =>
      tf.customGrad((x) => ({ value: tf.add(x as tf.Tensor, others!), gradFunc: (dy: tf.Tensor) => tf.clone(dy) }))(
        own,
      ) as T;
    const whole = tf.valueAndGrads((a, b) => mutualInformation(a as tf.Tensor4D, b as tf.Tensor4D, optionsOf(choices)));
    const share = tf.valueAndGrads((a, b) =>
      mutualInformation(a as tf.Tensor4D, b as tf.Tensor4D, { ...options(0), allReduce }),
    );
    const expected = whole([a, b]);
    const found = share([part(a, 0), part(b, 0)]);
    expect(await value(found.value)).toBeCloseTo(await value(expected.value), 6);
    for (const view of [0, 1]) {
      const slope = part(expected.grads[view] as tf.Tensor4D, 0);
      expect(await value(tf.max(tf.abs(tf.sub(found.grads[view], slope))))).toBeLessThan(1e-6);
    }
  });
});
