import { describe, expect, it } from 'vitest';
import { OrderingTally } from './ordering-tally.js';

/** Two orderings, three positions, two clusters; rows sum to 1. */
// prettier-ignore
const probs = Float32Array.of(
  0.75, 0.25, 0.5, 0.5, 0.25, 0.75, // first ordering
  1, 0, 0.25, 0.75, 0, 1, // second
);

describe('value', () => {
  it('is the joint distribution of all ordered pairs of different orderings', () => {
    const tally = new OrderingTally(2, 2);
    tally.add(probs);
    const expected = [0, 0, 0, 0];
    for (let p = 0; p < 3; p++) {
      for (const [a, b] of [
        [0, 1],
        [1, 0],
      ]) {
        for (let k = 0; k < 2; k++) {
          for (let l = 0; l < 2; l++) expected[2 * k + l] += (probs[6 * a + 2 * p + k] * probs[6 * b + 2 * p + l]) / 6;
        }
      }
    }
    tally.jointDistribution().forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  });

  it('counts images one by one as it counts them together', () => {
    const [whole, parts] = [new OrderingTally(2, 2), new OrderingTally(2, 2)];
    whole.add(probs);
    parts.add(Float32Array.of(...probs.subarray(0, 2), ...probs.subarray(6, 8)));
    parts.add(Float32Array.of(...probs.subarray(2, 6), ...probs.subarray(8, 12)));
    expect(parts.scores()).toEqual(whole.scores());
  });

  it('is log K and full agreement for one-hot maps that agree and use all clusters alike', () => {
    const tally = new OrderingTally(3, 2);
    tally.add(Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1));
    const { information, agreement, kappa, certainty, effectiveClusters } = tally.scores();
    expect(information).toBeCloseTo(Math.log(2));
    expect([agreement, kappa, certainty]).toEqual([1, 1, 1]);
    expect(effectiveClusters).toBeCloseTo(2);
  });

  it('counts the pairs of orderings whose most likely cluster is the same', () => {
    const tally = new OrderingTally(3, 2);
    tally.add(Float32Array.of(0.9, 0.1, 0.8, 0.2, 0.3, 0.7)); // one position: two of three agree, one pair of three
    expect(tally.scores().agreement).toBeCloseTo(1 / 3);
    // Two of three choices are the first cluster: 4/9 + 1/9 agree by chance.
    expect(tally.scores().kappa).toBeCloseTo((1 / 3 - 5 / 9) / (1 - 5 / 9));
  });

  it('has no agreement beyond chance where one cluster has all', () => {
    const tally = new OrderingTally(2, 2);
    tally.add(Float32Array.of(0.9, 0.1, 0.8, 0.2));
    expect(tally.scores()).toMatchObject({ agreement: 1, kappa: 0 });
  });
});

describe('error', () => {
  it('has no scores of nothing', () => {
    const tally = new OrderingTally(2, 2);
    expect(() => tally.scores()).toThrow('OrderingTally: there must be positions to score, got none');
  });
});
