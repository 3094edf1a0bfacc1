import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from './check-dataset.js';
import { openDataset } from './open-dataset.js';
import { prepareCocoStuff } from './prepare-coco-stuff.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-prepare-coco-'));
const [raw, out] = [join(root, 'raw'), join(root, 'out')];
const LISTS = { 'coco-stuff': 'Coco164kFull_Stuff_Coarse_7', 'coco-stuff3': 'Coco164kFew_Stuff_6' };
const FOLDERS = ['train2017', 'val2017'];

/** Three images of 400x420 in each folder; the last one of val2017 is no JPEG. */
beforeAll(async () => {
  for (const folder of FOLDERS) {
    for (const part of ['images', 'annotations', 'curated']) mkdirSync(join(raw, part, folder), { recursive: true });
    for (const id of ['1', '2', '3']) {
      const noise = Buffer.from(Array.from({ length: 400 * 420 * 3 }, (_, at) => (at * 17 + (at >> 9)) % 256));
      await sharp(noise, { raw: { width: 420, height: 400, channels: 3 } })
        .jpeg()
        .toFile(join(raw, 'images', folder, `${id}.jpg`));
      const ids = Buffer.from(
        Array.from({ length: 400 * 420 }, (_, at) => [96, 156, 148, 3][Math.floor(at / 420 / 100)]),
      );
      await sharp(ids, { raw: { width: 420, height: 400, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toFile(join(raw, 'annotations', folder, `${id}.png`));
    }
    writeFileSync(join(raw, 'curated', folder, `${LISTS['coco-stuff']}.txt`), '1\n2\n3\n');
    writeFileSync(join(raw, 'curated', folder, `${LISTS['coco-stuff3']}.txt`), '2\n3\n');
  }
  writeFileSync(join(raw, 'images/val2017/3.jpg'), 'no picture');
});
afterAll(() => rmSync(root, { recursive: true }));

describe('prepareCocoStuff: value', () => {
  it('scales what the lists name, and leaves out what cannot be read', async () => {
    const warnings: string[] = [];
    const progress: number[][] = [];
    const result = await prepareCocoStuff(raw, out, {
      workers: 2,
      onWarning: (text) => warnings.push(text),
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect([result.finished, result.images, result.reused]).toEqual([true, 5, 0]);
    expect(result.faulty.map(({ id }) => id)).toEqual(['val2017/3']);
    expect(warnings[0]).toContain(`left out 'val2017/3': ${join(raw, 'images/val2017/3.jpg')}: `);
    expect(progress.at(-1)).toEqual([6, 6]);
    expect(readFileSync(join(out, 'curated/val2017', `${LISTS['coco-stuff3']}.txt`), 'utf8')).toBe('2\n');
  });

  it('gives the samples that the release gives, but for rounding to bytes', async () => {
    const [whole, small] = [raw, out].map((folder) =>
      openDataset({ dataset: 'coco-stuff', root: folder, split: 'train', strict: true }),
    );
    expect(small.ids).toEqual(whole.ids);
    const [a, b] = [await whole.get(1), await small.get(1)];
    expect(b.image.shape).toEqual(a.image.shape);
    expect(b.label).toEqual(a.label);
    expect(b.valid).toEqual(a.valid);
    const apart = a.image.data.map((value, at) => Math.abs(value - b.image.data[at]));
    expect(apart.reduce((most, value) => Math.max(most, value), 0)).toBeLessThan(0.5001 / 255);
  });

  it('takes the one folder whose lists are there, says so, and reads it again without being told which', async () => {
    const [part, small] = [join(root, 'part'), join(root, 'part-out')];
    for (const kind of ['images', 'annotations', 'curated']) {
      cpSync(join(raw, kind, 'train2017'), join(part, kind, 'train2017'), { recursive: true });
    }
    const warnings: string[] = [];
    const onWarning = (text: string) => warnings.push(text);
    const { images } = await prepareCocoStuff(part, small, { workers: 1, onWarning });
    const dataset = openDataset({ dataset: 'coco-stuff3', root: small }, { onWarning });
    expect([images, dataset.ids]).toEqual([3, ['train2017/2', 'train2017/3']]);
    expect(warnings).toEqual(
      [part, small].map((folder) => `coco-stuff: '${folder}' has no list of val2017: only train2017 is read`),
    );
    expect(() => openDataset({ dataset: 'coco-stuff3', root: small, split: 'all' })).toThrow(/^coco-stuff: no list/);
  });

  it('does nothing twice', async () => {
    const file = join(out, 'images/train2017/1.png');
    const before = statSync(file).mtimeMs;
    rmSync(join(out, 'images/train2017/2.png'));
    const again = await prepareCocoStuff(raw, out, { workers: 1, split: 'train' });
    expect([again.faulty, again.images, again.reused]).toEqual([[], 3, 2]);
    expect(statSync(file).mtimeMs).toBe(before);
  });

  it('stops when asked', async () => {
    const stop = new AbortController();
    const onProgress = (done: number) => done === 2 && stop.abort();
    const other = join(root, 'stopped');
    const result = await prepareCocoStuff(raw, other, { workers: 1, signal: stop.signal, onProgress });
    expect([result.finished, result.images]).toEqual([false, 2]);
    expect(() => openDataset({ dataset: 'coco-stuff', root: other })).toThrow(/^coco-stuff: no list/);
  });
});

describe('prepareCocoStuff: error', () => {
  it('refuses another scale in the same folder', async () => {
    await expect(prepareCocoStuff(raw, out, { scale: 0.5 })).rejects.toThrow(
      `prepareCocoStuff: '${out}' was prepared with scale 0.33, got 0.5; take another folder`,
    );
    expect(() => openDataset({ dataset: 'coco-stuff', root: out, scale: 0.5 })).toThrow(
      'coco-stuff: these images are scaled by 0.33 already, got scale 0.5; prepare them anew',
    );
  });
});

describe('checkDataset of COCO-Stuff: value', () => {
  it('finds all there, or says what is missing and where it comes from', async () => {
    const ok = await checkDataset({ dataset: 'coco-stuff3', root: out }, { deep: true });
    expect([ok.ok, ok.layout, ok.images, ok.labelled]).toEqual([true, 'prepared images', 3, 3]);
    expect(ok.classShares!.plant).toBeCloseTo(1 / 3, 2);
    rmSync(join(raw, 'annotations/train2017/2.png'));
    rmSync(join(raw, 'curated/val2017'), { recursive: true });
    const bad = await checkDataset({ dataset: 'coco-stuff', root: raw });
    expect(bad.ok).toBe(false);
    const missing = bad.findings.filter(({ kind }) => kind === 'missing');
    expect(missing.map(({ what }) => what)).toEqual([
      `1 of 2 curated lists: curated/val2017/${LISTS['coco-stuff']}.txt`,
      '1 of 3 labels: annotations/train2017/2.png',
    ]);
    expect(missing[1].cure).toContain('stuffthingmaps_trainval2017.zip');
  });
});
