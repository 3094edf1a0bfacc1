import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { channelStatistics } from './channel-statistics.js';
import { checkDataset } from './check-dataset.js';
import type { LabelMap } from './label-map.js';
import { openDataset } from './open-dataset.js';
import { preparePotsdam } from './prepare-potsdam.js';

/** By SciPy 1.15.3 (scipy.io.loadmat) of the same files, in the order of the lists; -1 where there is no label. */
const SCIPY_SUMS = [
  [645328256, -1],
  [636051881, -1],
  [618276521, 64981],
  [710228479, 53610],
  [846720617, 27744],
  [910209288, 43810],
];

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

  it("reads IIC's archive of Potsdam as it is, compressed and not, as SciPy does", async () => {
    const root = join(dataRoot!, 'potsdam/fixture-iic');
    const dataset = openDataset({ dataset: 'potsdam', root, strict: true });
    expect(dataset.ids).toEqual(['0', '3079', '7', '4498', '12', '8549']);
    const sums: number[][] = [];
    for await (const { image, label } of dataset) {
      expect(image.shape).toEqual([200, 200, 4]);
      // A sum that depends on where each value lies: sum over (row, column, band) of value * ((97 row + 31 column + band) mod 101).
      let weighted = 0;
      image.data.forEach((value, at) => {
        const [row, col, band] = [Math.floor(at / 800), Math.floor(at / 4) % 200, at % 4];
        weighted += Math.round(255 * value) * ((97 * row + 31 * col + band) % 101);
      });
      sums.push([weighted, label ? label.reduce((sum, id) => sum + id, 0) : -1]);
    }
    expect(sums).toEqual(SCIPY_SUMS);
  });

  it('prepares the raw release of Potsdam and reads what it made', async () => {
    const out = mkdtempSync(join(tmpdir(), 'autoregseg-real-'));
    const { lists } = await preparePotsdam(join(dataRoot!, 'potsdam/fixture-raw'), out, { shrink: 1 });
    expect(lists).toEqual({ unlabelled_train: 4, labelled_train: 3, labelled_test: 1 });
    const { ok, classShares } = await checkDataset({ dataset: 'potsdam', root: out }, { deep: true });
    expect(ok).toBe(true);
    expect(classShares!.building).toBeGreaterThan(0.2);
    rmSync(out, { recursive: true });
  });

  it('knows the classes of COCO-Stuff that its note states', async () => {
    const root = join(dataRoot!, 'cocostuff/fixture');
    const dataset = openDataset({ dataset: 'coco-stuff', root, split: 'val', scale: 1, others: 'kept', strict: true });
    const { label } = await dataset.get(0);
    const stuff = label!.reduce((sum, id) => sum + (id === 255 ? 0 : 1), 0) / label!.length;
    expect(stuff).toBeCloseTo(0.783, 3);
  });
});
