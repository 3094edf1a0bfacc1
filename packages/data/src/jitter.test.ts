import { describe, expect, it } from 'vitest';
import { jitterImages, type JitterOptions } from './jitter.js';
import { randomStream } from './random-stream.js';

const shape = [2, 3, 5, 3] as const;
const images = Float32Array.from({ length: 90 }, (_, at) => 0.3 + 0.4 * (((at * 37) % 90) / 90));
const jitter = (options: JitterOptions, seed = 1) => jitterImages(images, shape, options, randomStream(seed));
const ratios = (jittered: Float32Array) => Array.from(jittered, (value, at) => value / images[at]);

describe('jitterImages: value', () => {
  it('changes nothing when every amount is 0, and leaves its input alone', () => {
    const before = images.slice();
    expect(jitter({})).toEqual(images);
    jitter({ brightness: 0.5, hue: 0.5 });
    expect(images).toEqual(before);
  });

  it('brightness multiplies an image by one factor, another for each image', () => {
    const factors = ratios(jitter({ brightness: 0.2 }));
    const [first, second] = [factors[0], factors[45]];
    factors.forEach((factor, at) => expect(factor).toBeCloseTo(at < 45 ? first : second, 5));
    expect(first).not.toBeCloseTo(second, 3);
    expect(Math.abs(first - 1)).toBeLessThanOrEqual(0.2);
  });

  it('gain multiplies each band by a factor of its own, for any number of bands', () => {
    const five = jitterImages(images, [2, 3, 3, 5], { gain: 0.2 }, randomStream(3));
    const factors = ratios(five);
    factors.forEach((factor, at) => expect(factor).toBeCloseTo(factors[(at % 5) + (at < 45 ? 0 : 45)], 5));
    expect(new Set(factors.slice(0, 5).map((factor) => factor.toFixed(3))).size).toBe(5);
  });

  it('contrast keeps the mean of an image and scales its spread', () => {
    const jittered = jitter({ contrast: 0.5 });
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(jittered.subarray(0, 45))).toBeCloseTo(mean(images.subarray(0, 45)), 5);
    const scale = (jittered[1] - jittered[0]) / (images[1] - images[0]);
    expect((jittered[8] - jittered[2]) / (images[8] - images[2])).toBeCloseTo(scale, 4);
    expect(scale).not.toBeCloseTo(1, 2);
  });

  it('saturation and hue keep the mean of the three bands, and a grey pixel', () => {
    const jittered = jitter({ saturation: 0.3, hue: 0.5 });
    for (let at = 0; at < 90; at += 3) {
      const sum = (values: Float32Array) => values[at] + values[at + 1] + values[at + 2];
      expect(sum(jittered)).toBeCloseTo(sum(images), 5);
    }
    const grey = jitterImages(new Float32Array(3).fill(0.4), [1, 1, 1, 3], { hue: 0.5 }, randomStream(2));
    grey.forEach((value) => expect(value).toBeCloseTo(0.4, 6));
  });

  it('convention: turning the hue by a third moves red to green, green to blue and blue to red', () => {
    // Look for a seed whose hue draw (the 6th number: brightness, contrast, three gains and saturation first) is a third.
    const pixel = Float32Array.of(0.8, 0.5, 0.2);
    const turned = Array.from({ length: 400 }, (_, seed) =>
      jitterImages(pixel, [1, 1, 1, 3], { hue: 0.5 }, randomStream(seed)),
    );
    const nearest = (target: number[]) =>
      Math.min(...turned.map((rgb) => Math.max(...target.map((value, k) => Math.abs(value - rgb[k])))));
    expect(nearest([0.2, 0.8, 0.5])).toBeLessThan(0.01);
    expect(nearest([0.5, 0.2, 0.8])).toBeLessThan(0.01);
  });

  it('stays within 0..1 and repeats with the seed', () => {
    const strong = { brightness: 1, contrast: 1, gain: 1, saturation: 1, hue: 0.5 };
    expect(jitter(strong).every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(jitter(strong)).toEqual(jitter(strong));
    expect(jitter(strong)).not.toEqual(jitter(strong, 2));
  });
});

describe('jitterImages: error', () => {
  it('names every fault', () => {
    const four = () => jitterImages(images, [1, 2, 2, 4], { hue: 0.7, contrast: -1 }, randomStream(1));
    expect(four).toThrow(
      'jitterImages: contrast must be from 0 to 1, got -1; hue must be from 0 to 0.5, got 0.7; ' +
        'saturation and hue need three bands, got shape [1,2,2,4]; use gain instead; [1,2,2,4] needs 16 values, got 90',
    );
  });
});
