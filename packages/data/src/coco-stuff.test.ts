import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COCO_STUFF_CLASSES, cocoStuffClasses } from './coco-stuff-classes.js';
import { openDataset } from './open-dataset.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-coco-'));
const lists = ['Coco164kFull_Stuff_Coarse_7', 'Coco164kFew_Stuff_6'];
const [HEIGHT, WIDTH] = [300, 600];

/** One image in each folder; the label's left third is person (0), its middle tree (168), its right unlabelled. */
beforeAll(async () => {
  for (const [folder, id] of [
    ['train2017', '000000000009'],
    ['val2017', '000000000139'],
  ]) {
    for (const part of ['images', 'annotations', 'curated']) mkdirSync(join(root, part, folder), { recursive: true });
    const colours = Buffer.from(Array.from({ length: HEIGHT * WIDTH * 3 }, (_, at) => [200, 100, 50][at % 3]));
    await sharp(colours, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg()
      .toFile(join(root, 'images', folder, `${id}.jpg`));
    const ids = Buffer.from(
      Array.from({ length: HEIGHT * WIDTH }, (_, at) => [0, 168, 255][Math.floor((3 * (at % WIDTH)) / WIDTH)]),
    );
    await sharp(ids, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(root, 'annotations', folder, `${id}.png`));
    for (const list of lists) writeFileSync(join(root, 'curated', folder, `${list}.txt`), `${id}\n`);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

describe('cocoStuffClasses: value', () => {
  it('knows the coarse class of a stuff by its number', () => {
    // tree, sky-other, road, wall-brick, water-other of COCO-Stuff's list of labels (number there = this + 1).
    const ids = Int32Array.of(168, 156, 148, 170, 177, 0, 90, 255);
    const names = Array.from(cocoStuffClasses(ids, 'coco-stuff'), (id) => COCO_STUFF_CLASSES[id]);
    expect(names.slice(0, 5)).toEqual(['plant', 'sky', 'ground', 'wall', 'water']);
    expect(names.slice(5)).toEqual([undefined, undefined, undefined]);
    expect([...cocoStuffClasses(ids, 'coco-stuff3')]).toEqual([1, 0, 2, 255, 255, 255, 255, 255]);
  });

  it('has every class, ground 11 times', () => {
    const counts = new Int32Array(15);
    cocoStuffClasses(
      Int32Array.from({ length: 182 }, (_, id) => id),
      'coco-stuff',
    ).forEach((id) => {
      if (id !== 255) counts[id]++;
    });
    expect([...counts]).toEqual([2, 6, 4, 11, 4, 11, 7, 2, 6, 11, 9, 2, 6, 5, 5]);
  });
});

describe('coco-stuff: value', () => {
  it('scales by 0.33, pads to 128 and masks what is no stuff', async () => {
    const dataset = openDataset({ dataset: 'coco-stuff3', root });
    expect(dataset.ids).toEqual(['train2017/000000000009', 'val2017/000000000139']);
    const { image, label, valid } = await dataset.get(0);
    // 99 x 198 after scaling, padded above by floor(128 / 2) - floor(99 / 2) = 15 rows.
    expect(image.shape).toEqual([128, 198, 3]);
    const at = (row: number, col: number) => row * 198 + col;
    expect([label![at(15, 100)], valid![at(15, 100)]]).toEqual([1, 1]);
    expect([label![at(15, 10)], valid![at(15, 10)]]).toEqual([255, 0]);
    expect([label![at(15, 190)], valid![at(15, 190)]]).toEqual([255, 0]);
    expect([label![at(14, 100)], valid![at(14, 100)]]).toEqual([255, 0]);
    // The network sees a person's pixels all the same, and nothing in the padding.
    const red = (row: number, col: number) => Math.round(255 * image.data[3 * at(row, col)]);
    expect(Math.abs(red(60, 10) - 200)).toBeLessThan(4);
    expect(red(14, 10)).toBe(0);
    expect(valid!.reduce((sum, value) => sum + value, 0)).toBe(99 * 66);
  });

  it('takes the centre, keeps other pixels, resizes: as asked', async () => {
    const cut = await openDataset({ dataset: 'coco-stuff', root, split: 'val', centerCrop: [64, 80] }).get(0);
    expect([cut.image.shape, cut.label!.length]).toEqual([[64, 80, 3], 64 * 80]);
    const kept = await openDataset({ dataset: 'coco-stuff', root, split: 'val', scale: 1, others: 'kept' }).get(0);
    expect([kept.image.shape, kept.valid]).toEqual([[300, 600, 3], undefined]);
    const squashed = await openDataset({ dataset: 'coco-stuff', root, split: 'val', size: [128, 128] }).get(0);
    expect(squashed.image.shape).toEqual([128, 128, 3]);
  });

  it('masks in training too, where no label is wanted', async () => {
    const dataset = openDataset({ dataset: 'coco-stuff', root });
    const { valid } = await dataset.get(0, { label: false });
    expect(valid!.reduce((sum, value) => sum + value, 0)).toBe(99 * 66);
  });
});

describe('coco-stuff: error', () => {
  it('says where a missing list comes from', () => {
    const empty = join(root, 'empty');
    mkdirSync(empty);
    expect(() => openDataset({ dataset: 'coco-stuff', root: empty, split: 'val' })).toThrow(
      `coco-stuff: no list '${join(empty, 'curated/val2017/Coco164kFull_Stuff_Coarse_7.txt')}': the ids of the images ` +
        'that IIC chose, one a line. The lists come with the code of PiCIE (github.com/janghyuncho/PiCIE, folder curated); ' +
        '`autoregseg data check` says what else is missing',
    );
  });

  it('names image and pixel of a number that COCO-Stuff does not have', async () => {
    const folder = join(root, 'wrong');
    for (const part of ['images', 'annotations', 'curated'])
      mkdirSync(join(folder, part, 'val2017'), { recursive: true });
    writeFileSync(join(folder, 'curated/val2017/Coco164kFew_Stuff_6.txt'), 'a\n');
    const raw = { width: 4, height: 2, channels: 1 as const };
    await sharp(Buffer.alloc(8, 7), { raw }).jpeg().toFile(join(folder, 'images/val2017/a.jpg'));
    await sharp(Buffer.from([0, 1, 2, 3, 4, 5, 200, 255]), { raw })
      .toColourspace('b-w')
      .png()
      .toFile(join(folder, 'annotations/val2017/a.png'));
    const dataset = openDataset({ dataset: 'coco-stuff3', root: folder, split: 'val', strict: true });
    await expect(dataset.get(0)).rejects.toThrow(
      'annotations/val2017/a.png (number 200 at row 1, column 2; COCO-Stuff has 0 to 181, and 255 for unlabelled)',
    );
  });
});
