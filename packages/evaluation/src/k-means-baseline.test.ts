import { describe, expect, it } from 'vitest';
import { formatProtocol, kMeansBaseline, segmentByCentroids, type LabelledImage } from './index.js';
import { generatorOf } from './generator.js';
import { PixelSample } from './pixel-sample.js';

/** 2 x 4 pixels of two bands: dark left half of class 1, bright right half of class 0, the last pixel not labelled. */
const half: LabelledImage = {
  image: { shape: [2, 4, 2], data: Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1) },
  label: Int32Array.of(1, 1, 0, 0, 1, 1, 0, 255),
};
const options = { clusters: 2, classes: 2, seed: 0, ignoreId: 255 };

/** A row of pixels whose one band counts on from `start`. */
const ramp = (start: number, length: number): LabelledImage => ({
  image: { shape: [1, length, 1], data: Float32Array.from({ length }, (_, index) => start + index) },
});

describe('value', () => {
  it('is right where colour tells the classes apart', async () => {
    const result = await kMeansBaseline([half, half], options);
    expect(result).toMatchObject({ pixelAccuracy: 1, meanIoU: 1, classAccuracy: 1, iou: [1, 1], pixels: 14 });
    expect(result.confusion.flat().toSorted((x, y) => x - y)).toEqual([0, 0, 6, 8]);
  });

  it('is as wrong as colour is: pixels of one colour and two classes', async () => {
    const mixed = { ...half, label: Int32Array.of(1, 0, 0, 0, 1, 1, 0, 0) };
    expect((await kMeansBaseline([mixed], options)).pixelAccuracy).toBe(7 / 8);
  });

  it('says how it was measured, all of it in JSON', async () => {
    const result = await kMeansBaseline([half, half], { ...options, dataset: 'halves', sampleSize: 6 });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(formatProtocol(result.protocol)).toBe(
      `method: K-means on pixels
dataset: halves
images: 2
trained on: the images it is scored on
sampled pixels: 6
matching: one-to-one
matched on: the images it is scored on
ignore id: 255
clusters: 2
classes: 2
resolution: 2x4
seed: 0`,
    );
  });

  it('matches by majority when asked: more clusters than classes are all used', async () => {
    const grey = {
      image: { shape: [1, 3, 1] as const, data: Float32Array.of(0, 5, 10) },
      label: Int32Array.of(0, 0, 1),
    };
    const three = { ...options, clusters: 3 };
    expect((await kMeansBaseline([grey], three)).pixelAccuracy).toBeCloseTo(2 / 3, 12);
    expect((await kMeansBaseline([grey], { ...three, matching: 'majority' })).pixelAccuracy).toBe(1);
  });

  it('neither fits nor scores pixels that hold nothing', async () => {
    const data = half.image.data.map((value, index) => (index >= 8 ? 1e6 : value));
    const image = { ...half.image, data };
    const result = await kMeansBaseline([{ ...half, image, valid: Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0) }], options);
    expect(result).toMatchObject({ pixelAccuracy: 1, pixels: 4 });
    expect(Math.max(...result.centroids.flat())).toBe(1);
  });

  it('fits on images without labels, and on others than it scores', async () => {
    const dark = { image: { shape: [1, 1, 2] as const, data: Float32Array.of(0, 0) } };
    const bright = { image: { shape: [1, 1, 2] as const, data: Float32Array.of(3, 3) } };
    const fitOn = { samples: [dark, bright], name: 'two pixels' };
    const { protocol, centroids } = await kMeansBaseline([half], { ...options, fitOn });
    expect(centroids.toSorted(([a], [b]) => a - b)).toEqual([
      [0, 0],
      [3, 3],
    ]);
    expect(protocol).toMatchObject({ trainedOn: 'two pixels', images: 1 });
    expect((await kMeansBaseline([half, dark], options)).protocol.images).toBe(1);
  });

  it('takes any async iterable that can be walked twice', async () => {
    const images = {
      name: 'halves',
      async *[Symbol.asyncIterator]() {
        yield half;
      },
    };
    expect(await kMeansBaseline(images, options)).toMatchObject({ pixelAccuracy: 1, protocol: { dataset: 'halves' } });
  });

  it('gives centroids by which any image can be segmented', async () => {
    const { centroids, matching } = await kMeansBaseline([half], options);
    const classes = segmentByCentroids(half.image, centroids).map((cluster) => matching[cluster]);
    expect([...classes]).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  });
});

describe('value of the sample of pixels', () => {
  const drawn = (capacity: number, seed: number, images: LabelledImage[]) => {
    const sample = new PixelSample(capacity, 1, generatorOf(seed));
    images.forEach((image) => sample.add(image));
    return [...sample.points];
  };

  it('is every pixel when all fit', () => {
    expect(drawn(8, 1, [ramp(0, 3), ramp(3, 5)])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(drawn(9, 1, [ramp(0, 3), ramp(3, 5)])).toHaveLength(8);
  });

  it('takes no pixel twice, each with the same chance', () => {
    const hits = new Float64Array(40);
    for (let seed = 0; seed < 4000; seed++) {
      const sample = drawn(5, seed, [ramp(0, 13), ramp(13, 27)]);
      expect(new Set(sample).size).toBe(5);
      for (const pixel of sample) hits[pixel]++;
    }
    // 4000 draws at a chance of 1/8: 500 hits, standard deviation 21; five of them
    expect(hits.every((count) => Math.abs(count - 500) < 105)).toBe(true);
  });
});

describe('error', () => {
  it.each([
    ['no image', [], 'kMeansBaseline: there must be pixels to fit on, got no image with a valid pixel'],
    [
      'images of other channels',
      [half, ramp(0, 1)],
      'kMeansBaseline: all images must have the same channels, got 2 and 1',
    ],
    [
      'images without labels',
      [{ image: half.image }],
      'kMeansBaseline: there must be a labelled pixel to score, got none in 0 labelled images; ' +
        'give samples that can be walked twice (an array or a data set, no generator) and check labels and ignoreId',
    ],
  ])('refuses %s', async (_, samples, text) => {
    await expect(kMeansBaseline(samples, options)).rejects.toThrow(new RangeError(text));
  });

  it('refuses a generator, which ends after one walk', async () => {
    const once = (function* () {
      yield half;
    })();
    await expect(kMeansBaseline(once, options)).rejects.toThrow('samples that can be walked twice');
  });

  it('refuses a sample of no pixels', async () => {
    await expect(kMeansBaseline([half], { ...options, sampleSize: 0 })).rejects.toThrow(
      new RangeError('kMeansBaseline: sampleSize must be a positive integer, got 0'),
    );
  });
});
