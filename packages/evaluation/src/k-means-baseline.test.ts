import { describe, expect, it } from 'vitest';
import { kMeansBaseline, type LabelledImage } from './k-means-baseline.js';

/** 2 x 4 pixels of two bands: dark left half of class 1, bright right half of class 0. */
const image: LabelledImage = {
  image: { shape: [2, 4, 2], data: Float32Array.from([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]) },
  label: Int32Array.of(1, 1, 0, 0, 1, 1, 0, 255),
};
const options = { clusters: 2, classes: 2, seed: 0 };

describe('value', () => {
  it('is right where colour tells the classes apart, and says how it was measured', async () => {
    const result = await kMeansBaseline([image, image], options);
    expect(result).toMatchObject({ pixelAccuracy: 1, meanIoU: 1, pixels: 14 });
    expect(result.protocol).toMatchObject({ images: 2, matching: 'one-to-one', ignoreId: 255, clusters: 2, seed: 0 });
    expect(result.confusion.flat().reduce((sum, count) => sum + count)).toBe(14);
  });

  it('does not score pixels that hold nothing', async () => {
    const valid = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0);
    expect((await kMeansBaseline([{ ...image, valid }], options)).pixels).toBe(4);
  });

  it('takes any async iterable', async () => {
    const images = {
      async *[Symbol.asyncIterator]() {
        yield image;
      },
    };
    expect((await kMeansBaseline(images, options)).pixelAccuracy).toBe(1);
  });

  it('fits to a sample when there are more pixels', async () => {
    const result = await kMeansBaseline([image], { ...options, sampleSize: 6 });
    expect(result.pixelAccuracy).toBe(1);
    expect(result.protocol.trainedOn).toContain('6 pixels');
  });
});

describe('error', () => {
  it('names what is missing', async () => {
    await expect(kMeansBaseline([], options)).rejects.toThrow('kMeansBaseline: at least one image is needed, got none');
    await expect(kMeansBaseline([{ image: image.image }], options)).rejects.toThrow('no labelled pixel in 1 images');
  });

  it('names images of other bands', async () => {
    const grey = { image: { shape: [1, 1, 1] as const, data: Float32Array.of(0) } };
    await expect(kMeansBaseline([image, grey], options)).rejects.toThrow('must have 2 bands like the first, got 1');
  });
});
