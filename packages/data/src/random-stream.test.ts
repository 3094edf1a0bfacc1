import { describe, expect, it } from 'vitest';
import { permutation, randomStream } from './random-stream.js';

const firstOf = (...keys: number[]) => randomStream(...keys).next();

describe('randomStream: value', () => {
  it('gives one stream to one list of keys, and unrelated ones to neighbours', () => {
    expect(firstOf(1, 2)).toBe(firstOf(1, 2));
    const firsts = Array.from({ length: 2000 }, (_, seed) => firstOf(seed) / 2 ** 32);
    const mean = firsts.reduce((sum, value) => sum + value, 0) / 2000;
    const product = firsts.slice(1).reduce((sum, value, at) => sum + value * firsts[at], 0) / 1999;
    // Uniform on +-0.5: standard errors 0.0065 (mean) and 1/12/sqrt(2000) = 0.0019 (correlation of neighbours).
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(product)).toBeLessThan(0.008);
  });

  it('tells apart the order of keys, their number, signs, and seeds beyond 32 bits', () => {
    const firsts = [[1, 2], [2, 1], [1], [1, 0], [-1], [1 + 2 ** 32], [0]].map((keys) => firstOf(...keys));
    expect(new Set(firsts).size).toBe(firsts.length);
  });
});

describe('permutation: value', () => {
  it('holds every number once, each place equally likely', () => {
    const counts = new Int32Array(9);
    const random = randomStream(3);
    for (let draw = 0; draw < 3000; draw++) {
      const order = permutation(3, random);
      expect([...order].sort()).toEqual([0, 1, 2]);
      order.forEach((value, at) => counts[at * 3 + value]++);
    }
    // 1000 expected, standard deviation 26.
    counts.forEach((count) => expect(Math.abs(count - 1000)).toBeLessThan(110));
    expect(permutation(0, random)).toHaveLength(0);
  });
});
