import { describe, expect, it } from 'vitest';
import {
  denseDescriptors,
  interpolateArgMax,
  kMeansBaseline,
  labelledPoints,
  randomFeatures,
  randomFeaturesBaseline,
  sampleFeatures,
} from './index.js';
import type { Image, LabelledImage } from './image.js';
import { segmentFeatures } from './nearest-centroids.js';

const image = (height: number, width: number, value: (r: number, c: number) => number): Image => ({
  shape: [height, width, 1],
  data: Float32Array.from({ length: height * width }, (_, i) => value(Math.floor(i / width), i % width)),
});

/** Left half: stripes across, right half: stripes down; colours alone say nothing. */
function stripes(): LabelledImage {
  const [height, width] = [32, 64];
  return {
    image: image(height, width, (r, c) => ((c < 32 ? r : c) % 4 < 2 ? 1 : 0)),
    label: Int32Array.from({ length: height * width }, (_, i) => Number(i % width >= 32)),
  };
}

describe('shape', () => {
  it('is a quarter of the sides, with as many features as asked for', () => {
    expect(denseDescriptors(image(17, 22, (r) => r)).shape).toEqual([4, 5, 128]);
    expect(randomFeatures({ channels: 1, seed: 1, widths: [3, 5] })(image(17, 22, (r) => r))).toMatchObject({
      shape: [4, 5, 5],
    });
  });
});

describe('value', () => {
  it('puts a ramp down into the one direction that points down', () => {
    const { data } = denseDescriptors(image(32, 32, (r) => r / 32));
    // The place in the middle, cell (1, 1) of its 4 x 4, away from the borders.
    const middle = data.slice((4 * 8 + 4) * 128, (4 * 8 + 5) * 128);
    // Down is a quarter of the turn: direction 2 of 8. Sixteen equal cells: 1 / 4 each.
    for (let cell = 0; cell < 16; cell++) {
      const directions = middle.subarray(cell * 8, cell * 8 + 8);
      expect(directions.indexOf(Math.max(...directions))).toBe(2);
    }
    expect(middle.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
    expect(middle[2]).toBeCloseTo(1 / 4, 5);
  });

  it('is the same when light is scaled', () => {
    const [dim, bright] = [0.2, 0.8].map((scale) =>
      denseDescriptors(image(32, 32, (r, c) => scale * Math.sin(r + 2 * c))),
    );
    dim.data.forEach((value, i) => expect(value).toBeCloseTo(bright.data[i], 4));
  });

  it('is zero where nothing changes', () => {
    expect(new Set(denseDescriptors(image(16, 16, () => 0.5)).data)).toEqual(new Set([0]));
  });

  it('convolves, cuts at 0 and takes the maximum, as the definition does', () => {
    // One channel to one feature, then one to one: the second layer sees the first one's output.
    const map = image(8, 8, (r, c) => Math.sin(3 * r + 5 * c));
    const once = randomFeatures({ channels: 1, seed: 4, widths: [1, 1] })(map) as Image;
    const twice = randomFeatures({ channels: 1, seed: 4, widths: [1, 1] })({
      ...map,
      data: map.data.map((x) => 3 * x),
    }) as Image;
    // Without biases the network is homogeneous of degree 1.
    once.data.forEach((value, i) => expect(twice.data[i]).toBeCloseTo(3 * value, 4));
    expect(once.data.every((value) => value >= 0)).toBe(true);
    expect(once.shape).toEqual([2, 2, 1]);
  });

  it('interpolates before it compares', () => {
    // Scores (1, 0) and (0, 1), two places to four: the border lies in the middle.
    const { ids, meanBest } = interpolateArgMax({ shape: [1, 2, 2], data: Float32Array.of(1, 0, 0, 1) }, 1, 4);
    expect([...ids]).toEqual([0, 0, 1, 1]);
    // 1, 3/4, 3/4, 1
    expect(meanBest).toBeCloseTo(0.875, 6);
  });

  it('assigns interpolated features to the nearest centroid', () => {
    const features: Image = { shape: [1, 2, 2], data: Float32Array.of(0, 0, 4, 2) };
    const centroids = [
      [0, 0],
      [3, 1],
      [4, 2],
    ];
    // Features at the four pixels: (0, 0), (1, 1/2), (3, 3/2), (4, 2)
    const places = [
      [0, 0],
      [1, 0.5],
      [3, 1.5],
      [4, 2],
    ];
    const nearest = places.map(([x, y]) => {
      const distances = centroids.map(([a, b]) => (a - x) ** 2 + (b - y) ** 2);
      return distances.indexOf(Math.min(...distances));
    });
    expect([...segmentFeatures(features, centroids, [1, 4])]).toEqual(nearest);
  });

  it('separates by descriptors what colours cannot', async () => {
    const options = { clusters: 2, classes: 2, seed: 1 };
    const colours = await kMeansBaseline([stripes()], options);
    const described = await kMeansBaseline([stripes()], {
      ...options,
      features: denseDescriptors,
      method: 'descriptors',
    });
    expect(colours.pixelAccuracy).toBeLessThan(0.6);
    expect(described.pixelAccuracy).toBeGreaterThan(0.9);
    expect(described.protocol.method).toBe('descriptors');
  });

  it('scores the features of a network that has learned nothing, by its seed', async () => {
    const options = { clusters: 2, classes: 2, seed: 1 };
    const [a, b, other] = await Promise.all(
      [1, 1, 2].map((seed) => randomFeaturesBaseline([stripes()], { ...options, seed })),
    );
    expect(a).toEqual(b);
    expect(a.centroids).not.toEqual(other.centroids);
    expect(a.protocol.method).toBe('K-means on random CNN features');
    expect(a.pixels).toBe(32 * 64);
  });

  it('samples valid places of a coarser grid only', async () => {
    const valid = Uint8Array.from({ length: 16 }, (_, i) => Number(i % 4 >= 2));
    const features = (): Image => ({ shape: [2, 2, 1], data: Float32Array.of(1, 2, 3, 4) });
    const { points, dimensions } = await sampleFeatures([{ image: image(4, 4, () => 0), valid }], features, {
      random: 1,
    });
    expect(dimensions).toBe(1);
    expect([...points].sort()).toEqual([2, 4]);
  });

  it('parts features from the label behind them', () => {
    expect(labelledPoints(Float32Array.of(0.5, 1.5, 2, 2.5, 3.5, 0), 2)).toEqual({
      points: Float32Array.of(0.5, 1.5, 2.5, 3.5),
      labels: Int32Array.of(2, 0),
    });
  });
});

describe('error', () => {
  it.each([
    [
      'descriptors of a strip',
      async () => denseDescriptors(image(3, 9, () => 0)),
      'denseDescriptors: sides must be at least 4 pixels, got 3 x 9',
    ],
    [
      'random features of other channels',
      async () => randomFeatures({ channels: 3, seed: 1 })(image(8, 8, () => 0)),
      'randomFeatures: images must have 3 channels, got 1',
    ],
    [
      'random features of nothing',
      () => randomFeaturesBaseline([], { clusters: 2, classes: 2, seed: 1 }),
      'randomFeaturesBaseline: there must be images, got none',
    ],
    [
      'a sample of nothing',
      () => sampleFeatures([], (x) => x, { random: 1 }),
      'sampleFeatures: there must be pixels to fit on, got no image with a valid pixel',
    ],
  ])('refuses %s', async (_, call, text) => {
    await expect(call()).rejects.toThrow(new RangeError(text));
  });
});
