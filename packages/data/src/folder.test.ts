import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { tiffBytes } from '../test/write-tiff.js';
import type { Dataset, Sample } from './dataset.js';
import type { FolderSpec } from './folder-spec.js';
import { openDataset } from './open-dataset.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-folder-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

/** A new folder with these files. */
function folderOf(files: Record<string, Uint8Array | string>): string {
  const folder = join(root, `${folders++}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const png = (height: number, width: number, channels = 3, fill = 51) =>
  encode({ height, width, channels, data: new Uint8Array(height * width * channels).fill(fill) });
const label = (height: number, width: number, ids: readonly number[]) =>
  encode({
    height,
    width,
    channels: 1,
    data: Uint8Array.from({ length: height * width }, (_, at) => ids[at % ids.length]),
  });
const open = (spec: Omit<FolderSpec, 'dataset'>, warnings: string[] = []) =>
  openDataset({ dataset: 'folder', ...spec }, { onWarning: (message) => warnings.push(message) });

async function samplesOf(dataset: Dataset): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of dataset) samples.push(sample);
  return samples;
}

describe('folder: shape', () => {
  it('lists images of every format, recursively and sorted, hidden files and others left out', async () => {
    const picture = sharp({ create: { width: 6, height: 4, channels: 3, background: '#336699' } });
    const images = folderOf({
      'b.jpg': await picture.clone().jpeg().toBuffer(),
      'a/z.webp': await picture.clone().webp().toBuffer(),
      'a/y.TIFF': await picture.clone().tiff().toBuffer(),
      'c.png': png(9, 7, 1),
      '.hidden.png': png(2, 2),
      '.cache/x.png': png(2, 2),
      'notes.txt': 'x',
    });
    const dataset = open({ images });
    expect(dataset).toMatchObject({ name: 'folder', size: 4, channels: 3, classes: [], ignoreId: 255, skipped: [] });
    expect(dataset.ids).toEqual(['a/y', 'a/z', 'b', 'c']);
    const shapes = (await samplesOf(dataset)).map(({ image }) => image.shape);
    expect(shapes).toEqual([
      [4, 6, 3],
      [4, 6, 3],
      [4, 6, 3],
      [9, 7, 3],
    ]);
  });

  it('takes a list of folders and files, each file once, with ids that tell them apart', () => {
    const one = folderOf({ 'a.png': png(2, 2), 'a.jpg.png': png(2, 2) });
    const two = folderOf({ 'a.png': png(2, 2) });
    expect(open({ images: [one, join(one, 'a.png')] }).ids).toEqual(['a.jpg', 'a']);
    const ids = open({ images: [join(one, 'a.png'), two] }).ids;
    expect(ids).toEqual([`${folders - 2}/a.png`, `${folders - 1}/a.png`]);
  });

  it('resizes to the size given: images, labels and masks', async () => {
    const rgba = new Uint8Array(4 * 8 * 4).fill(255).map((value, at) => (at % 32 < 16 ? 0 : value));
    const images = folderOf({ 'a.png': encode({ height: 4, width: 8, channels: 4, data: rgba }) });
    const labels = folderOf({ 'a.png': label(4, 8, [0, 0, 0, 0, 1, 1, 1, 1]) });
    const [sample] = await samplesOf(open({ images, labels, size: [2, 4] }));
    expect(sample.image.shape).toEqual([2, 4, 3]);
    expect([...sample.label!]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect([...sample.valid!]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect([...sample.image.data.subarray(0, 12)]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  });
});

describe('folder: value', () => {
  it('spreads grey over RGB where both occur, keeps grey and many bands as they are', async () => {
    const mixed = await samplesOf(open({ images: folderOf({ 'a.png': png(1, 2, 1), 'b.png': png(1, 2, 3) }) }));
    mixed.forEach(({ image }) => image.data.forEach((value) => expect(value).toBeCloseTo(0.2, 6)));
    expect(mixed[0].image.shape).toEqual([1, 2, 3]);
    expect(open({ images: folderOf({ 'a.png': png(2, 2, 1) }) }).channels).toBe(1);
    const bands = tiffBytes({ height: 2, width: 2, data: new Uint8Array(20).fill(255) });
    const five = open({ images: folderOf({ 'a.tif': bands }) });
    expect(five.channels).toBe(5);
    expect((await five.get(0)).image.data).toEqual(new Float32Array(20).fill(1));
  });

  it('reads label ids as they are without a map: classes 0 to the largest, 255 ignored', async () => {
    const images = folderOf({ 'a.png': png(1, 4), 'b.png': png(1, 4) });
    const labels = folderOf({ 'a_label.png': label(1, 4, [0, 2, 255, 1]), 'b_label.png': label(1, 4, [0]) });
    const dataset = open({ images, labels });
    expect(dataset.classes).toEqual(['0', '1', '2']);
    expect([...(await dataset.get(0)).label!]).toEqual([0, 2, 255, 1]);
  });

  it('reads label ids through a map: 16 bit, palettes of few bits, TIFF', async () => {
    const wide = encode({ height: 1, width: 3, channels: 1, depth: 16, data: Uint16Array.of(7, 1000, 8) });
    const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 255, 0, 0);
    const palette = await sharp(colours, { raw: { width: 3, height: 1, channels: 3 } })
      .png({ palette: true, colours: 2 })
      .toBuffer();
    const black = Array.from({ length: 768 }, () => 0);
    const tiff = tiffBytes({ height: 1, width: 3, data: Uint8Array.of(1, 0, 7), photometric: 3, palette: black });
    const images = folderOf({ 'a.png': png(1, 3), 'b.png': png(1, 3), 'c.png': png(1, 3) });
    const labels = folderOf({ 'a.png': wide, 'b.png': palette, 'c.tif': tiff });
    const labelMap = { classes: ['zero', 'one', 'thousand'], map: { '0': 0, '1': 1, '1000': 2 } };
    const [a, b, c] = (await samplesOf(open({ images, labels, labelMap }))).map((sample) => [...sample.label!]);
    expect(a).toEqual([255, 2, 255]);
    expect(c).toEqual([1, 0, 255]);
    // Which colour comes first in a palette is the writer's choice; indices, not colours, are what is read.
    expect([
      [0, 1, 0],
      [1, 0, 1],
    ]).toContainEqual(b);
  });

  it('finds images beside a label folder that lies among them', () => {
    const images = folderOf({ 'a.png': png(1, 2), 'masks/a_mask.png': label(1, 2, [0, 1]) });
    expect(open({ images, labels: join(images, 'masks') }).ids).toEqual(['a']);
  });

  it('skips what it cannot read, says so once, and counts it', async () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * at * 31) % 251);
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    const images = folderOf({ 'a.png': 'text', 'b.jpg': jpeg.subarray(0, jpeg.length / 2), 'c.png': png(2, 2) });
    const warnings: string[] = [];
    const dataset = open({ images }, warnings);
    expect(dataset.ids).toEqual(['b', 'c']);
    expect(warnings).toEqual([`skipped 1 unreadable: ${join(images, 'a.png')} (not a PNG, JPEG, WebP or TIFF file)`]);
    expect((await samplesOf(dataset)).map(({ id }) => id)).toEqual(['c']);
    expect((await samplesOf(dataset)).map(({ id }) => id)).toEqual(['c']);
    expect(warnings[1]).toMatch(/^skipped 1 unreadable: .*b\.jpg \(.*premature end of JPEG image\)$/);
    expect(warnings).toHaveLength(2);
    expect(dataset.skipped).toHaveLength(2);
    await expect(dataset.get(0)).rejects.toMatchObject({ name: 'UnreadableImageError', file: join(images, 'b.jpg') });
  });

  it('skips an image whose label is damaged', async () => {
    const images = folderOf({ 'a.png': png(1, 2), 'b.png': png(1, 2) });
    const damaged = label(1, 2, [0, 1]).slice(0, 45);
    const labels = folderOf({ 'a.png': damaged, 'b.png': label(1, 2, [0, 1]) });
    const dataset = open({ images, labels });
    expect((await samplesOf(dataset)).map(({ id }) => id)).toEqual(['b']);
    expect(dataset.skipped!.map(({ file }) => file)).toEqual([join(labels, 'a.png')]);
  });

  it('warns of images without label, and gives them none', async () => {
    const images = folderOf({ 'a.png': png(1, 2), 'b.png': png(1, 2) });
    const warnings: string[] = [];
    const labels = folderOf({ 'b.png': label(1, 2, [0, 1]) });
    const [a, b] = await samplesOf(open({ images, labels }, warnings));
    expect(warnings).toEqual(['no label for 1 of 2 images: a']);
    expect(a.label).toBeUndefined();
    expect([...b.label!]).toEqual([0, 1]);
  });
});

describe('folder: error', () => {
  it('reports a missing folder, an empty one, and one without images, all at once', () => {
    const images = folderOf({});
    const labels = folderOf({ 'a.txt': '', 'b.txt': '', 'c.csv': '' });
    expect(() => open({ images, labels, labelMap: join(root, 'gone.json') })).toThrow(
      new RegExp(
        "^folder: label map '.*gone\\.json': ENOENT.*; '.*' holds no files of kinds \\.png .*, it is empty; " +
          "'.*' holds no files of kinds \\.png .*, only 3 others: 2 \\.txt, 1 \\.csv$",
      ),
    );
    expect(() => open({ images: join(root, 'gone') })).toThrow(`folder: '${join(root, 'gone')}' does not exist`);
    expect(() => open({ images: join(labels, 'a.txt') })).toThrow("a.txt' is not one of the files of kinds .png");
  });

  it('refuses with strict what it would skip, and images without label', async () => {
    const images = folderOf({ 'a.png': 'text', 'b.png': png(1, 2) });
    expect(() => open({ images, strict: true })).toThrow(/^folder: cannot read 1 unreadable: .*a\.png \(not a PNG/);
    const labels = folderOf({ 'b.png': label(1, 2, [0, 1]) });
    const labelled = folderOf({ 'a.png': png(1, 2), 'b.png': png(1, 2) });
    expect(() => open({ images: labelled, labels, strict: true })).toThrow('folder: no label for 1 of 2 images: a');
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * at * 31) % 251);
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    const cut = open({ images: folderOf({ 'b.jpg': jpeg.subarray(0, jpeg.length / 2) }), strict: true });
    await expect(samplesOf(cut)).rejects.toThrow(/^folder: cannot read 1 unreadable: .*b\.jpg/);
  });

  it('names an example of each number of bands when they differ', () => {
    const four = tiffBytes({ height: 1, width: 1, data: new Uint8Array(4) });
    const images = folderOf({ 'a.png': png(1, 1), 'b.png': png(1, 1), 'c.tif': four });
    expect(() => open({ images })).toThrow(
      `folder: all images must have the same number of bands (or grey and RGB), got ` +
        `2 with 3 ('${join(images, 'a.png')}'), 1 with 4 ('${join(images, 'c.tif')}')`,
    );
  });

  it('names both sizes when a label has another than its image', async () => {
    const images = folderOf({ 'a.png': png(3, 4) });
    const labels = folderOf({ 'a.png': label(4, 3, [0, 1]) });
    await expect(samplesOf(open({ images, labels }))).rejects.toThrow(
      `folder: label '${join(labels, 'a.png')}' is 4x3, its image '${join(images, 'a.png')}' is 3x4`,
    );
  });

  it('refuses labels that are colour pictures, and label folders where nothing fits', async () => {
    const images = folderOf({ 'a.png': png(1, 2) });
    const colour = folderOf({ 'a.png': png(1, 2, 3) });
    expect(() => open({ images, labels: colour })).toThrow(
      'a label holds one number a pixel (grey or palette), got 3 channels; turn its colours into ids first',
    );
    const other = folderOf({ 'z.png': label(1, 2, [0, 1]) });
    expect(() => open({ images, labels: other })).toThrow("fits an image by name: image 'a', label 'z'");
    expect(() => open({ images, labels: images })).toThrow('images and labels must lie in different folders');
  });

  it('notices a label map that names none of the ids in use', async () => {
    const images = folderOf({ 'a.png': png(1, 2) });
    const labels = folderOf({ 'a.png': label(1, 2, [3, 4]) });
    const labelMap = { classes: ['sky'], map: { '0': 0 } };
    await expect(samplesOf(open({ images, labels, labelMap }))).rejects.toThrow(
      `folder: no pixel of the first 1 labels belongs to a class: '${join(labels, 'a.png')}' holds ids 3, 4, ` +
        'the label map names 0',
    );
  });

  it('asks for a map where ids alone cannot be classes', async () => {
    const images = folderOf({ 'a.png': png(1, 2) });
    expect(() => open({ images, labels: folderOf({ 'a.png': label(1, 2, [0, 255]) }) })).toThrow(
      'without a label map (labelMap), ids are classes and 255 is ignored, but the first 1 labels hold fewer than two classes',
    );
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`${at + 10}.png`, png(1, 2)]));
    const ids = Object.fromEntries(Object.keys(many).map((name, at) => [name, label(1, 2, at < 20 ? [0, 1] : [0, 9])]));
    await expect(samplesOf(open({ images: folderOf(many), labels: folderOf(ids) }))).rejects.toThrow(
      /^folder: label '.*30\.png' holds id 9, the first 20 labels held none above 1; give a label map \(labelMap\)$/,
    );
  });

  it('reports the form of every field at once', () => {
    const spec = { images: [], size: [0, 2.5], range: [1, 1], labelMap: 'x.json' } as unknown as FolderSpec;
    expect(() => open(spec)).toThrow(
      /^openDataset: images: .*, got \[\]; size\.0: .*, got 0; size\.1: .*, got 2\.5; range: /,
    );
  });
});
