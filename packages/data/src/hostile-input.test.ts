/** Every reader of files here, fed with hostile ones: @autoregseg/testing/hostile-input says what counts as survival. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asFile, expectSurvivesHostileInput, HOSTILE_TIMEOUT_MS } from '@autoregseg/testing/hostile-input';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { matBytes } from '../test/write-mat.js';
import { repairPng } from '../test/repair-png.js';
import { repairTar } from '../test/repair-tar.js';
import { tiffBytes } from '../test/write-tiff.js';
import { UnreadableImageError } from './dataset.js';
import { readIdList } from './id-list.js';
import { readLabelMap } from './label-map.js';
import { readMatArray } from './mat-file.js';
import { openRasterOn } from './raster.js';
import { rasterChannel } from './raster-process.js';
import { readImage } from './read-image.js';
import { readLabel } from './read-label.js';
import { openShards } from './shards.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const isRefusal = (error: unknown) => error instanceof UnreadableImageError && error.reason.length > 0;
const isLabelRefusal = (error: unknown) =>
  isRefusal(error) || (error instanceof RangeError && error.message.startsWith("label '"));
const isMapRefusal = (error: unknown) => error instanceof RangeError && error.message.startsWith("label map '");

const image = (name: string) => asFile(join(folder, name), (file) => readImage(file, { alpha: 'mask' }));

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

  it('is survived by the reader of rasters by windows', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const shape = { height: 20, width: 24 };
    const tile = { tile: true, tileWidth: 16, tileHeight: 16 } as const;
    const files = {
      ...(await encoded({
        tiles: picture().tiff({ ...tile, compression: 'deflate', predictor: 'horizontal' }),
        lzwTiles: picture().tiff({ ...tile, compression: 'lzw' }),
        bigTiff: picture().tiff({ ...tile, compression: 'none', bigtiff: true }),
        strips: picture().tiff({ compression: 'lzw', predictor: 'horizontal' }),
        packBits: picture().tiff({ compression: 'packbits' }),
      })),
      fiveBandsApart: tiffBytes({ ...shape, data: grey(5), planar: 2, extraSamples: [0, 0, 0, 0], nodata: '7' }),
      floats: tiffBytes({ ...shape, data: Float32Array.from(grey(2), (value) => value / 255), nodata: 'nan' }),
    };
    // One child for all: a new one for each raster is what users get, and would take hours here.
    const channel = rasterChannel();
    let opened = 0;
    const read = async (bytes: Uint8Array) => {
      const file = join(folder, `${opened++}.tif`);
      writeFileSync(file, bytes);
      try {
        const raster = await openRasterOn(channel, file);
        const [height, width] = [Math.min(raster.height, 64), Math.min(raster.width, 64)];
        await raster.read({ top: 0, left: 0, height, width });
        await raster.read({ top: raster.height - height, left: raster.width - width, height, width });
      } finally {
        rmSync(file);
      }
    };
    await expectSurvivesHostileInput({ name: 'geotiff-window', files, read, isRefusal });
    await channel.close();
  });

  it('is survived by the reader of tar shards', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const inside = join(folder, 'shard');
    mkdirSync(inside);
    for (const name of ['1', `a-name-longer-than-a-header-holds${'-'.repeat(100)}`]) {
      await picture()
        .png()
        .toFile(join(inside, `${name}.png`));
      await sharp(grey(), { raw: { width: 24, height: 20, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toFile(join(inside, `${name}.seg.png`));
    }
    const archived = (format: string) => {
      const file = join(folder, `${format}.tar`);
      execFileSync('tar', ['--sort=name', `--format=${format}`, '-cf', file, '-C', inside, '.']);
      return readFileSync(file);
    };
    const labelMap = { classes: ['some', 'others'], map: { '0': 0, '1': 1 } };
    const read = asFile(join(folder, 'shard.tar'), async (file) => {
      const dataset = openShards({ dataset: 'shards', shards: file, labelMap, strict: true }, { onWarning: () => {} });
      for (let index = 0; index < dataset.size; index++) await dataset.get(index);
    });
    const isShardRefusal = (error: unknown) =>
      isLabelRefusal(error) ||
      (error instanceof RangeError && /^(tar archive '|shards: |'.*' is no tar archive)/.test(error.message));
    const files = { gnu: archived('gnu'), pax: archived('pax') };
    await expectSurvivesHostileInput({ name: 'tar-shard', files, read, isRefusal: isShardRefusal, repair: repairTar });
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
    const read = asFile(join(folder, 'label.png'), (file) => readLabel(file));
    await expectSurvivesHostileInput({ name: 'png-label', files, read, isRefusal: isLabelRefusal, repair: repairPng });
  });

  it('is survived by the reader of TIFF labels', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = { bytes: tiffBytes({ height: 20, width: 24, data: grey() }) };
    const read = asFile(join(folder, 'label.tif'), (file) => readLabel(file));
    await expectSurvivesHostileInput({ name: 'tiff-label', files, read, isRefusal: isLabelRefusal });
  });

  it('is survived by the reader of label maps', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const text = (value: unknown) => Buffer.from(JSON.stringify(value));
    const files = {
      small: text({ classes: ['sky', 'ground'], map: { 0: 0, 3: 1, 255: 1 } }),
      strange: text({ classes: ['__proto__', 'a"b'], map: { 0: 0, 1: 1 } }),
    };
    const read = asFile(join(folder, 'map.json'), readLabelMap);
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
    const read = asFile(join(folder, 'gt.mat'), (file) => readMatArray(file, 'gt'));
    await expectSurvivesHostileInput({ name: 'mat-array', files, read, isRefusal });
  });

  it('is survived by the reader of curated lists', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = { coco: Buffer.from('000000000139\n000000000285\n'), potsdam: Buffer.from('1\r\n2\r\n12\r\n') };
    const read = asFile(join(folder, 'list.txt'), readIdList);
    const isListRefusal = (error: unknown) => error instanceof RangeError && error.message.startsWith("the list '");
    await expectSurvivesHostileInput({ name: 'curated-list', files, read, isRefusal: isListRefusal });
  });
});
