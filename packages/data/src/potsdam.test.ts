import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { matBytes } from '../test/write-mat.js';
import { openDataset } from './open-dataset.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-potsdam-'));
afterAll(() => rmSync(root, { recursive: true }));

/** The archive's layout with crops of 2x3 pixels: image value = 20 * id + place, labels count up through the classes. */
function archive(name: string, lists: Record<string, readonly number[]>): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'imgs'), { recursive: true });
  mkdirSync(join(folder, 'gt'));
  for (const [list, ids] of Object.entries(lists)) {
    writeFileSync(join(folder, `${list}.txt`), ids.map((id) => `${id}\n`).join(''));
    for (const id of ids) {
      const data = Array.from({ length: 24 }, (_, at) => 20 * id + at);
      writeFileSync(join(folder, 'imgs', `${id}.mat`), matBytes({ name: 'img', shape: [2, 3, 4], data }));
      if (list === 'unlabelled_train') continue;
      const gt = matBytes({ name: 'gt', shape: [2, 3], data: [0, 1, 2, 3, 4, 5], kind: 12, storage: 5 });
      writeFileSync(join(folder, 'gt', `${id}.mat`), gt);
    }
  }
  return folder;
}

const whole = archive('whole', { unlabelled_train: [3], labelled_train: [7, 0], labelled_test: [5] });

describe('potsdam: value', () => {
  it('joins the lists that a split names, in their order', () => {
    const idsOf = (split?: 'all' | 'labelled' | 'train' | 'labelled-train' | 'test') =>
      openDataset({ dataset: 'potsdam', root: whole, split }).ids;
    expect(idsOf()).toEqual(['3', '7', '0', '5']);
    expect(idsOf('labelled')).toEqual(['7', '0', '5']);
    expect(idsOf('train')).toEqual(['3', '7', '0']);
    expect(idsOf('labelled-train')).toEqual(['7', '0']);
    expect(idsOf('test')).toEqual(['5']);
  });

  it('reads crops of the archive: four bands, six classes, three', async () => {
    const six = openDataset({ dataset: 'potsdam', root: whole, split: 'labelled' });
    expect([six.channels, six.classes.length]).toEqual([4, 6]);
    const { image, label } = await six.get(0);
    expect(image.shape).toEqual([2, 3, 4]);
    expect([...image.data].map((value) => Math.round(255 * value))).toEqual(
      Array.from({ length: 24 }, (_, at) => 140 + at),
    );
    expect([...label!]).toEqual([0, 1, 2, 3, 4, 5]);
    const three = openDataset({ dataset: 'potsdam3', root: whole, split: 'test' });
    expect(three.classes).toEqual(['roads and cars', 'buildings and clutter', 'vegetation and trees']);
    expect([...(await three.get(0)).label!]).toEqual([0, 1, 2, 2, 0, 1]);
  });

  it('has no label where the list says so, and reads none where none is wanted', async () => {
    const dataset = openDataset({ dataset: 'potsdam', root: whole });
    expect((await dataset.get(0)).label).toBeUndefined();
    expect((await dataset.get(1, { label: false })).label).toBeUndefined();
  });
});

describe('potsdam: error', () => {
  it('says what to do where the lists are missing', () => {
    const raw = join(root, 'raw');
    mkdirSync(join(raw, '4_Ortho_RGBIR'), { recursive: true });
    const list = join(raw, 'unlabelled_train.txt');
    expect(() => openDataset({ dataset: 'potsdam', root: raw })).toThrow(
      `potsdam: no list '${list}'; '${raw}' holds the tiles as they are released: cut them with preparePotsdam ` +
        '(autoregseg prepare potsdam)',
    );
    expect(() => openDataset({ dataset: 'potsdam3', root: join(root, 'none') })).toThrow(
      `potsdam: the folder '${join(root, 'none')}' does not exist`,
    );
  });

  it('names crop and pixel: missing infrared, unknown class, absent label', async () => {
    const bad = archive('bad', { unlabelled_train: [1], labelled_train: [2, 4], labelled_test: [6] });
    const data = [0, 1, 2, 3, 4, 9];
    writeFileSync(join(bad, 'imgs', '1.mat'), matBytes({ name: 'img', shape: [1, 2, 3], data }));
    writeFileSync(join(bad, 'gt', '2.mat'), matBytes({ name: 'gt', shape: [2, 3], data }));
    rmSync(join(bad, 'gt', '4.mat'));
    const warnings: string[] = [];
    const dataset = openDataset({ dataset: 'potsdam', root: bad }, { onWarning: (text) => warnings.push(text) });
    await expect(dataset.get(0)).rejects.toThrow(
      `${join(bad, 'imgs', '1.mat')}: it has 3 bands, Potsdam's crops have 4: red, green, blue, infrared`,
    );
    await expect(dataset.get(1)).rejects.toThrow(
      `${join(bad, 'gt', '2.mat')}: class 9 at row 1, column 2; classes are 0 to 5`,
    );
    await expect(dataset.get(2)).rejects.toThrow(/4\.mat: ENOENT/);
    await expect(dataset.get(2)).rejects.toThrow(/4\.mat: ENOENT/);
    expect(warnings).toHaveLength(3);
    const strict = openDataset({ dataset: 'potsdam', root: bad, strict: true });
    await expect(strict.get(0)).rejects.toThrow(/^potsdam: cannot read 1 unreadable: .*1\.mat/);
  });
});
