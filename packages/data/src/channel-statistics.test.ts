import { describe, expect, it } from 'vitest';
import { channelStatistics } from './channel-statistics.js';
import { IGNORE_ID, UnreadableImageError, type Dataset, type Sample } from './dataset.js';
import { openDataset } from './open-dataset.js';

function datasetOf(samples: readonly (Sample | undefined)[], channels: number): Dataset {
  const get = async (index: number) => {
    const sample = samples[index];
    if (!sample) throw new UnreadableImageError('gone.png', 'broken');
    return sample;
  };
  const ids = samples.map((_, index) => `${index}`);
  return {
    name: 'given',
    size: samples.length,
    ids,
    classes: [],
    ignoreId: IGNORE_ID,
    channels,
    get,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < samples.length; index++) yield await get(index);
    },
  };
}

describe('channelStatistics: value', () => {
  it('is mean and population deviation of each band over valid pixels', async () => {
    const image = { shape: [1, 3, 2] as const, data: Float32Array.of(0.25, 0.5, 0.75, 0.5, 1, 1) };
    const dataset = datasetOf([{ id: 'a', image, valid: Uint8Array.of(1, 1, 0) }, undefined], 2);
    // (0.25 + 0.75) / 2, sqrt(((0.25 - 0.5)^2 + (0.75 - 0.5)^2) / 2); the second band is constant
    expect(await channelStatistics(dataset)).toEqual({ mean: [0.5, 0.5], std: [0.25, 1] });
  });

  it('finds the known moments of the mosaics', async () => {
    const { mean, std } = await channelStatistics(openDataset({ dataset: 'mosaic', count: 4 }));
    mean.forEach((value) => expect(value).toBeCloseTo(0.5, 6));
    std.forEach((value) => expect(value).toBeCloseTo(0.1, 6));
  });

  it('looks at no more images than asked, the same ones for the same seed', async () => {
    const reads: number[] = [];
    const pixel = { shape: [1, 1, 1] as const, data: Float32Array.of(0.5) };
    const all = datasetOf(
      Array.from({ length: 9 }, (_, index) => ({ id: `${index}`, image: pixel })),
      1,
    );
    const counted = { ...all, get: (index: number) => (reads.push(index), all.get(index)) };
    await channelStatistics(counted, { images: 3, seed: 4 });
    await channelStatistics(counted, { images: 3, seed: 4 });
    expect(reads).toHaveLength(6);
    expect(reads.slice(0, 3)).toEqual(reads.slice(3));
  });
});

describe('channelStatistics: error', () => {
  it('fails when nothing is valid', async () => {
    await expect(channelStatistics(datasetOf([undefined], 1))).rejects.toThrow(
      "channelStatistics: no valid pixel in 'given' (1 images, 0 readable)",
    );
  });
});
