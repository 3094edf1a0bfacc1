import { describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.js';
import type { Dataset, Sample } from './dataset.js';
import { REGION_DEVIATION, REGION_MEAN } from './mosaic.js';
import { loadTextures } from './textures.js';

async function samplesOf(dataset: Dataset): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of dataset) samples.push(sample);
  return samples;
}

const open = (seed: number) => openDataset({ dataset: 'mosaic', count: 5, size: [48, 32], seed });

/** Values of one channel under one class. */
function valuesOf({ image, label }: Sample, classId: number, channel: number): number[] {
  const values: number[] = [];
  label!.forEach((id, pixel) => id === classId && values.push(image.data[pixel * image.shape[2] + channel]));
  return values;
}

/** Share of pixels right when each grey level (of 32) names its commonest class: the best that brightness alone can do. */
function accuracyOfBrightness(samples: readonly Sample[]): number {
  const counts = new Float64Array(32 * 3);
  samples.forEach(({ image, label }) =>
    label!.forEach((id, pixel) => {
      const grey = (image.data[pixel * 3] + image.data[pixel * 3 + 1] + image.data[pixel * 3 + 2]) / 3;
      counts[Math.min(31, Math.floor(grey * 32)) * 3 + id]++;
    }),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  let right = 0;
  for (let level = 0; level < 32; level++) right += Math.max(...counts.subarray(level * 3, level * 3 + 3));
  return right / total;
}

describe('mosaic: shape', () => {
  it('has 60 mosaics of 192x192x3 by default, with the three textures as classes', async () => {
    const dataset = openDataset({ dataset: 'mosaic' });
    expect(dataset).toMatchObject({ name: 'mosaic', size: 60, channels: 3, ignoreId: 255 });
    expect(dataset.classes).toEqual(['brick', 'grass', 'gravel']);
    expect(dataset.ids[59]).toBe('train-0059');
    const { id, image, label, valid } = await dataset.get(59);
    expect([id, image.shape, image.data.length, label!.length]).toEqual(['train-0059', [192, 192, 3], 110592, 36864]);
    expect(valid).toBeUndefined();
  });

  it('paints any size, larger than the textures too', async () => {
    const { image } = await openDataset({ dataset: 'mosaic', size: [40, 600], textureScale: 2 }).get(3);
    expect(image.shape).toEqual([40, 600, 3]);
    expect(image.data.every((value) => value > 0 && value < 1)).toBe(true);
  });
});

describe('mosaic: value', () => {
  it('gives every region the same mean and deviation in every channel', async () => {
    for (const sample of await samplesOf(openDataset({ dataset: 'mosaic', count: 12, seed: 5 }))) {
      for (const classId of new Set(sample.label)) {
        for (const channel of [0, 1, 2]) {
          const values = valuesOf(sample, classId, channel);
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
          const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
          expect(mean).toBeCloseTo(REGION_MEAN, 6); // float32 storage: 6 digits
          expect(Math.sqrt(variance)).toBeCloseTo(REGION_DEVIATION, 6);
        }
      }
    }
  });

  it('keeps values inside 0..1, has two or three large regions a mosaic and uses textures alike', async () => {
    const samples = await samplesOf(openDataset({ dataset: 'mosaic', count: 60, size: [64, 64] }));
    const share = [0, 0, 0];
    for (const { image, label } of samples) {
      expect(image.data.every((value) => value >= 0 && value <= 1)).toBe(true);
      const areas = [0, 0, 0];
      label!.forEach((id) => areas[id]++);
      areas.forEach((area, id) => (share[id] += area / 4096 / samples.length));
      const present = areas.filter((area) => area > 0);
      expect([2, 3]).toContain(present.length);
      expect(Math.min(...present)).toBeGreaterThanOrEqual(4096 / (2 * present.length));
    }
    // A share's standard error over 60 mosaics is about 0.035.
    share.forEach((part) => expect(Math.abs(part - 1 / 3)).toBeLessThan(0.1));
  });

  it('cannot be solved by brightness: the best class for each grey level stays under 65 %', async () => {
    const samples = await samplesOf(openDataset({ dataset: 'mosaic', count: 16, split: 'test' }));
    expect(accuracyOfBrightness(samples)).toBeLessThan(0.65);
  });

  it('does not depend on the order of access, and repeats for the same seed alone', async () => {
    const backwards = open(1);
    const last = await backwards.get(4);
    const first = await backwards.get(0);
    const samples = await samplesOf(open(1));
    expect(first).toEqual(samples[0]);
    expect(last).toEqual(samples[4]);
    expect((await open(2).get(0)).label).not.toEqual(first.label);
    expect((await openDataset({ dataset: 'mosaic', count: 99, size: [48, 32], seed: 1 }).get(4)).image).toEqual(
      last.image,
    );
  });

  it('cuts train and test from the left and the right half of each photograph', () => {
    const [train, test] = [loadTextures('train', 1), loadTextures('test', 1)];
    train.forEach((texture, index) => {
      expect([texture.height, texture.width]).toEqual([512, 256]);
      expect(texture.data).not.toEqual(test[index].data);
    });
    // convention: scale 2 averages 2x2 pixels
    const [whole, half] = [train[0], loadTextures('train', 2)[0]];
    const expected = (whole.data[0] + whole.data[1] + whole.data[256] + whole.data[257]) / 4;
    expect(half.data[0]).toBeCloseTo(expected, 6);
    expect([half.height, half.width]).toEqual([256, 128]);
  });
});

describe('mosaic: six textures', () => {
  it('adds halves of grass and gravel, and brick turned by 45 degrees, to the three photographs', async () => {
    const { classes, get } = openDataset({ dataset: 'mosaic', count: 40, size: [48, 48], textures: 6 });
    expect(classes).toEqual(['brick', 'grass', 'gravel', 'brick-turned', 'grass-half', 'gravel-half']);
    const seen = new Set<number>();
    for (let index = 0; index < 40; index++) (await get(index)).label!.forEach((id) => seen.add(id));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('turns about the middle: the centre stays, a step along a row becomes a diagonal one', () => {
    const [brick, , , turned] = loadTextures('train', 1, 6);
    expect([turned.height, turned.width]).toEqual([181, 181]);
    // 181 = odd, so the middle pixel is the photograph's middle, between pixels (255, 127) and (256, 128)
    const at = (row: number, col: number) => brick.data[row * brick.width + col];
    const middle = (at(255, 127) + at(255, 128) + at(256, 127) + at(256, 128)) / 4;
    expect(turned.data[90 * 181 + 90]).toBeCloseTo(middle, 5);
    // 7 columns to the right: 7 / sqrt 2 = 4.9497 down and right, to row 260.4497 and column 132.4497
    const part = 0.5 + 7 / Math.SQRT2 - 5;
    const above = (1 - part) * at(260, 132) + part * at(260, 133);
    const below = (1 - part) * at(261, 132) + part * at(261, 133);
    expect(turned.data[90 * 181 + 97]).toBeCloseTo((1 - part) * above + part * below, 5);
  });
});

describe('mosaic: error', () => {
  it('names the range of an index outside of it', async () => {
    await expect(openDataset({ dataset: 'mosaic', count: 3 }).get(3)).rejects.toThrow(
      'mosaic.get: index must be an integer from 0 to 2, got 3',
    );
  });
});
