import { describe, expect, it } from 'vitest';
import { linearProbe, nonLinearProbe } from './index.js';
import type { Image, LabelledImage } from './image.js';

/** Two bands, [4, 6]: the class is in the sign of one band (linear) or of their product (not linear). */
function samples(rule: (a: number, b: number) => number, count: number, seed: number): LabelledImage[] {
  return Array.from({ length: count }, (_, image) => {
    const values = Array.from({ length: 48 }, (_, i) => Math.sin(12.9898 * (i + 1) * (image + 1 + 100 * seed)));
    const label = Int32Array.from({ length: 24 }, (_, i) => rule(values[2 * i], values[2 * i + 1]));
    return { image: { shape: [4, 6, 2], data: Float32Array.from(values) }, label };
  });
}

const first = (a: number) => Number(a > 0);
const product = (a: number, b: number) => Number(a * b > 0);

describe('value', () => {
  it('finds a class that is linear in the features, on images it has not seen', async () => {
    const { pixelAccuracy, protocol, pixels, confusion } = await linearProbe(
      samples(first, 20, 1),
      samples(first, 5, 2),
      {
        classes: 2,
        seed: 1,
      },
    );
    expect(pixelAccuracy).toBeGreaterThan(0.95);
    expect(pixels).toBe(5 * 24);
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(pixels);
    expect(protocol).toMatchObject({ method: 'linear probe', matching: 'none', images: 5, sampledPixels: 480 });
  });

  it('needs the hidden layer where the class is not', async () => {
    const [train, test] = [samples(product, 30, 1), samples(product, 10, 2)];
    const [linear, other] = [
      await linearProbe(train, test, { classes: 2, seed: 1, steps: 300 }),
      await nonLinearProbe(train, test, { classes: 2, seed: 1, hidden: 16, steps: 400 }),
    ];
    expect(linear.pixelAccuracy).toBeLessThan(0.7);
    expect(other.pixelAccuracy).toBeGreaterThan(0.9);
  });

  it('reads the features that it is given, on a coarser grid than the labels', async () => {
    // Each image is one class; its feature says which, once for each 2 x 2 pixels.
    const plain = (id: number): LabelledImage => ({
      image: { shape: [4, 6, 1], data: new Float32Array(24).fill(id) },
      label: new Int32Array(24).fill(id),
    });
    const features = ({ data }: Image): Image => ({
      shape: [2, 3, 1],
      data: Float32Array.from({ length: 6 }, () => -data[0]),
    });
    const set = [plain(0), plain(1), plain(2)];
    const { pixelAccuracy } = await linearProbe(set, set, { classes: 3, seed: 1, features });
    expect(pixelAccuracy).toBe(1);
  });

  it('neither learns nor scores what is to be ignored or holds nothing', async () => {
    const train = samples(first, 20, 1).map((sample) => ({
      ...sample,
      label: sample.label!.map((id, i) => (i < 6 ? 9 : id)),
    }));
    const valid = Uint8Array.from({ length: 24 }, (_, i) => Number(i >= 12));
    const test = train.slice(0, 2).map((sample) => ({ ...sample, valid }));
    const { pixels, protocol } = await linearProbe(train, test, { classes: 2, seed: 1, ignoreId: 9, steps: 50 });
    expect(pixels).toBe(2 * 12);
    expect(protocol.sampledPixels).toBe(20 * 18);
  });
});

describe('error', () => {
  const set = samples(first, 2, 1);
  it.each([
    [
      'no labels',
      () => linearProbe([{ image: set[0].image }], set, { classes: 2, seed: 1 }),
      'linearProbe: there must be a labelled pixel to learn from, got none',
    ],
    [
      'nothing to score',
      () => linearProbe(set, [], { classes: 2, seed: 1, steps: 1 }),
      'linearProbe: there must be a labelled pixel to score, got none',
    ],
    [
      'a label beyond the classes',
      () => nonLinearProbe(set, set, { classes: 1, seed: 1 }),
      'nonLinearProbe: labels must be from 0 to 0 or ignoreId, got 1',
    ],
    [
      'no hidden units',
      async () => nonLinearProbe(set, set, { classes: 2, seed: 1, hidden: 0 }),
      'nonLinearProbe: hidden must be a positive integer, got 0',
    ],
  ])('refuses %s', async (_, call, text) => {
    await expect(call()).rejects.toThrow(new RangeError(text));
  });
});
