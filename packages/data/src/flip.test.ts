import { describe, expect, it } from 'vitest';
import { flipAxes, flipImages, randomFlip } from './flip.js';
import { randomStream } from './random-stream.js';

// prettier-ignore
const twoByThree = Int32Array.of(1, 2, 3,
                                 4, 5, 6);

describe('flipImages: value', () => {
  it('convention: horizontal swaps left and right, vertical swaps top and bottom', () => {
    const flip = (horizontal: boolean, vertical: boolean) =>
      Array.from(flipImages(twoByThree, [1, 2, 3, 1], { horizontal, vertical }));
    expect(flip(true, false)).toEqual([3, 2, 1, 6, 5, 4]);
    expect(flip(false, true)).toEqual([4, 5, 6, 1, 2, 3]);
    expect(flip(true, true)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(flip(false, false)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps the channels of a pixel together and the images of a batch apart', () => {
    const images = Float32Array.from({ length: 2 * 2 * 2 * 3 }, (_, at) => at);
    const flipped = flipImages(images, [2, 2, 2, 3], { horizontal: true, vertical: false });
    expect(Array.from(flipped.subarray(0, 6))).toEqual([3, 4, 5, 0, 1, 2]);
    expect(Array.from(flipped.subarray(12, 18))).toEqual([15, 16, 17, 12, 13, 14]);
  });

  it('is its own inverse', () => {
    const flip = { horizontal: true, vertical: true };
    const shape = [1, 2, 3, 1] as const;
    expect(flipImages(flipImages(twoByThree, shape, flip), shape, flip)).toEqual(twoByThree);
  });
});

describe('flipAxes: value', () => {
  it('names the axes of NHWC that were reversed', () => {
    expect(flipAxes({ horizontal: true, vertical: false })).toEqual([2]);
    expect(flipAxes({ horizontal: true, vertical: true })).toEqual([1, 2]);
    expect(flipAxes({ horizontal: false, vertical: false })).toEqual([]);
  });
});

describe('randomFlip: value', () => {
  it('follows its probabilities', () => {
    const random = randomStream(1);
    const flips = Array.from({ length: 2000 }, () => randomFlip(random, { horizontal: 0.25, vertical: 1 }));
    expect(flips.every(({ vertical }) => vertical)).toBe(true);
    // Standard error 0.01 over 2000 draws.
    expect(Math.abs(flips.filter(({ horizontal }) => horizontal).length / 2000 - 0.25)).toBeLessThan(0.04);
    expect(Array.from({ length: 50 }, () => randomFlip(random)).some(({ vertical }) => vertical)).toBe(false);
  });
});

describe('flipImages: error', () => {
  it('names shape and length when they differ', () => {
    expect(() => flipImages(twoByThree, [1, 2, 2, 1], { horizontal: true, vertical: false })).toThrow(
      'flipImages: [1,2,2,1] needs 4 values, got 6',
    );
  });
});
