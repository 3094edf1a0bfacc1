import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { channelStatistics } from './channel-statistics.js';
import type { LabelMap } from './label-map.js';
import { openDataset } from './open-dataset.js';

/** A folder of real labelled images, whose licences keep them out of the repository. */
const dataRoot = process.env.AUTOREGSEG_DATA;
describe.skipIf(!dataRoot || !existsSync(dataRoot))('real images (skipped without the folder AUTOREGSEG_DATA)', () => {
  const open = (images: string, labels?: string, labelMap?: LabelMap) =>
    openDataset(
      {
        dataset: 'folder',
        images: join(dataRoot!, images),
        ...(labels && { labels: join(dataRoot!, labels) }),
        ...(labelMap && { labelMap }),
        strict: true,
      },
      {},
    );

  it('pairs CamVid and finds the shares of classes that its note states', async () => {
    const names = 'sky building pole road pavement tree sign fence car pedestrian bicyclist'.split(' ');
    const map = Object.fromEntries(names.map((_, id) => [id, id]));
    const dataset = open('camvid/train', 'camvid/trainannot', { classes: names, map });
    expect([dataset.size, dataset.channels]).toEqual([90, 3]);
    const counts = new Float64Array(256);
    for await (const { image, label } of dataset) {
      expect(image.shape).toEqual([360, 480, 3]);
      label!.forEach((id) => counts[id]++);
    }
    const percent = (id: number) => Number(((100 * counts[id]) / (90 * 360 * 480)).toFixed(2));
    expect([0, 3, 8, 255].map(percent)).toEqual([16.74, 31.89, 5.82, 3.85]);
  });

  it('pairs LoveDA, ISPRS and the road images', async () => {
    const loveda = open('aerial/loveda/img_dir', 'aerial/loveda/ann_dir');
    expect(loveda.ids).toEqual(['0', '1', '2']);
    expect((await loveda.get(0)).label).toHaveLength(1024 * 1024);
    const potsdam = open('aerial/isprs-potsdam/img_dir', 'aerial/isprs-potsdam/ann_dir');
    const { label } = await potsdam.get(0);
    const share = label!.reduce((sum, id) => sum + (id === 1 ? 1 : 0), 0) / label!.length;
    expect(share).toBeCloseTo(0.3836, 4);
    const road = { classes: ['other', 'road'], map: { '0': 0, '255': 1 } };
    expect(open('aerial/epfl-road/images', 'aerial/epfl-road/groundtruth', road).size).toBe(16);
  });

  it('reads Potsdam tiles of four bands, strips and LZW with predictor, and their statistics', async () => {
    const dataset = open('potsdam/fixture-raw/4_Ortho_RGBIR');
    expect([dataset.size, dataset.channels]).toEqual([2, 4]);
    const [plain, packed] = [await dataset.get(0), await dataset.get(1)];
    // Tile 2_13 is tile 2_10 mirrored: one is packed, the other is not.
    const at = (row: number, col: number) => 4 * (row * 512 + col);
    const [left, right] = [
      plain.image.data.subarray(at(7, 3), at(7, 4)),
      packed.image.data.subarray(at(7, 508), at(7, 509)),
    ];
    expect(left).toEqual(right);
    const { mean, std } = await channelStatistics(dataset);
    expect(mean).toHaveLength(4);
    std.forEach((deviation) => expect(deviation).toBeGreaterThan(0.05));
  });

  it('reads COCO photographs, JPEG beside PNG labels', async () => {
    const dataset = open('cocostuff/fixture/images', 'cocostuff/fixture/annotations');
    expect(dataset.ids).toEqual(['val2017/000000142238', 'val2017/000000439180']);
    const { image, label } = await dataset.get(0);
    expect(label).toHaveLength(image.shape[0] * image.shape[1]);
  });
});
