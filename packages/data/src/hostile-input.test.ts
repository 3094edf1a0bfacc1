/** Every reader of files here, fed with hostile ones: @autoregseg/testing/hostile-input says what counts as survival. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectSurvivesHostileInput, HOSTILE_TIMEOUT_MS } from '@autoregseg/testing/hostile-input';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { matBytes } from '../test/write-mat.js';
import { repairPng } from '../test/repair-png.js';
import { tiffBytes } from '../test/write-tiff.js';
import { UnreadableImageError } from './dataset.js';
import { readIdList } from './id-list.js';
import { readLabelMap } from './label-map.js';
import { readMatArray } from './mat-file.js';
import { readImage } from './read-image.js';
import { readLabel } from './read-label.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const isRefusal = (error: unknown) => error instanceof UnreadableImageError && error.reason.length > 0;
const isLabelRefusal = (error: unknown) =>
  isRefusal(error) || (error instanceof RangeError && error.message.startsWith("label '"));
const isMapRefusal = (error: unknown) => error instanceof RangeError && error.message.startsWith("label map '");

/** Reads bytes as a file of this name. */
function asFile<Result>(name: string, read: (file: string) => Result): (bytes: Uint8Array) => Result {
  const file = join(folder, name);
  return (bytes) => {
    writeFileSync(file, bytes);
    return read(file);
  };
}
const image = (name: string) => asFile(name, (file) => readImage(file, { alpha: 'mask' }));

/** A piece of a real photograph, 24 x 20 pixels in colour. */
let photo: Buffer;
const picture = (): Sharp => sharp(photo, { raw: { width: 24, height: 20, channels: 3 } });
const grey = (bands = 1) => Uint8Array.from({ length: 24 * 20 * bands }, (_, at) => photo[at % photo.length]);
beforeAll(async () => {
  const texture = fileURLToPath(new URL('../assets/brick.png', import.meta.url));
  photo = await sharp(texture)
    .extract({ left: 40, top: 30, width: 24, height: 20 })
    .toColourspace('srgb')
    .raw()
    .toBuffer();
});

async function encoded(pictures: Readonly<Record<string, Sharp>>): Promise<Record<string, Uint8Array>> {
  const entries = Object.entries(pictures).map(async ([name, one]) => [name, await one.toBuffer()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

describe('hostile input', () => {
  it('is survived by the reader of PNG images', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = await encoded({
      rgb: picture().png(),
      grey: picture().toColourspace('b-w').png(),
      deep: picture().toColourspace('rgb16').png(),
      palette: picture().png({ palette: true, colours: 8 }),
      interlaced: picture().png({ progressive: true }),
      alpha: picture().ensureAlpha(0.5).png(),
      profile: picture()
        .withIccProfile('p3')
        .withExif({ IFD0: { Copyright: 'x' } })
        .png(),
    });
    await expectSurvivesHostileInput({ name: 'png-image', files, read: image('a.png'), isRefusal, repair: repairPng });
  });

  it('is survived by the reader of JPEG images', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = await encoded({
      baseline: picture().jpeg(),
      progressive: picture().jpeg({ progressive: true }),
      grey: picture().toColourspace('b-w').jpeg(),
      turned: picture().withMetadata({ orientation: 6 }).jpeg(),
      cmyk: picture().toColourspace('cmyk').jpeg(),
    });
    await expectSurvivesHostileInput({ name: 'jpeg-image', files, read: image('a.jpg'), isRefusal });
  });

  it('is survived by the reader of WebP images', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = await encoded({
      lossy: picture().webp(),
      lossless: picture().webp({ lossless: true }),
      alpha: picture().ensureAlpha(0.5).webp(),
      profile: picture().withIccProfile('p3').webp(),
    });
    await expectSurvivesHostileInput({ name: 'webp-image', files, read: image('a.webp'), isRefusal });
  });

  it('is survived by the reader of plain TIFF images', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = await encoded({
      plain: picture().tiff({ compression: 'none' }),
      lzw: picture().tiff({ compression: 'lzw', predictor: 'horizontal' }),
      deflate: picture().tiff({ compression: 'deflate' }),
      jpeg: picture().tiff({ compression: 'jpeg' }),
      tiled: picture().tiff({ tile: true, tileWidth: 16, tileHeight: 16 }),
      alpha: picture().ensureAlpha(0.5).tiff(),
    });
    await expectSurvivesHostileInput({ name: 'tiff-image', files, read: image('a.tif'), isRefusal });
  });

  it('is survived by the reader of TIFF images of many bands', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const shape = { height: 20, width: 24 };
    const files = {
      fourBands: tiffBytes({ ...shape, data: grey(4) }),
      fiveBandsApart: tiffBytes({ ...shape, data: grey(5), planar: 2, extraSamples: [0, 0, 0, 0] }),
      floats: tiffBytes({ ...shape, data: Float32Array.from(grey(2), (value) => value / 255), nodata: 'nan' }),
      signed: tiffBytes({ ...shape, data: Int16Array.from(grey(2)), nodata: '-9999' }),
    };
    await expectSurvivesHostileInput({ name: 'geotiff-image', files, read: image('b.tif'), isRefusal });
  });

  it('is survived by the reader of PNG labels', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const ids = sharp(
      grey().map((value) => value % 7),
      { raw: { width: 24, height: 20, channels: 1 } },
    );
    const files = await encoded({
      bytes: ids.clone().toColourspace('b-w').png(),
      palette: ids.clone().png({ palette: true, colours: 7 }),
      bits: ids.clone().png({ palette: true, colours: 2 }),
      interlaced: ids.clone().toColourspace('b-w').png({ progressive: true }),
    });
    const read = asFile('label.png', (file) => readLabel(file));
    await expectSurvivesHostileInput({ name: 'png-label', files, read, isRefusal: isLabelRefusal, repair: repairPng });
  });

  it('is survived by the reader of TIFF labels', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = { bytes: tiffBytes({ height: 20, width: 24, data: grey() }) };
    const read = asFile('label.tif', (file) => readLabel(file));
    await expectSurvivesHostileInput({ name: 'tiff-label', files, read, isRefusal: isLabelRefusal });
  });

  it('is survived by the reader of label maps', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const text = (value: unknown) => Buffer.from(JSON.stringify(value));
    const files = {
      small: text({ classes: ['sky', 'ground'], map: { 0: 0, 3: 1, 255: 1 } }),
      strange: text({ classes: ['__proto__', 'a"b'], map: { 0: 0, 1: 1 } }),
    };
    const read = asFile('map.json', readLabelMap);
    await expectSurvivesHostileInput({ name: 'label-map', files, read, isRefusal: isMapRefusal });
  });

  it('is survived by the reader of MATLAB arrays', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const array = { name: 'gt', shape: [4, 6], data: Array.from({ length: 24 }, (_, at) => at) };
    const files = {
      bytes: matBytes(array),
      packed: matBytes({ ...array, compressed: true }),
      integers: matBytes({ ...array, kind: 12, storage: 5 }),
      big: matBytes({ ...array, big: true }),
    };
    const read = asFile('gt.mat', (file) => readMatArray(file, 'gt'));
    await expectSurvivesHostileInput({ name: 'mat-array', files, read, isRefusal });
  });

  it('is survived by the reader of curated lists', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = { coco: Buffer.from('000000000139\n000000000285\n'), potsdam: Buffer.from('1\r\n2\r\n12\r\n') };
    const read = asFile('list.txt', readIdList);
    const isListRefusal = (error: unknown) => error instanceof RangeError && error.message.startsWith("the list '");
    await expectSurvivesHostileInput({ name: 'curated-list', files, read, isRefusal: isListRefusal });
  });
});
