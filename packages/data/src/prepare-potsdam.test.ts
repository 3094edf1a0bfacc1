import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type TiffOptions } from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { tiffBytes } from '../test/write-tiff.js';
import { openDataset } from './open-dataset.js';
import { POTSDAM_COLOURS } from './potsdam-classes.js';
import { preparePotsdam } from './prepare-potsdam.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-prepare-'));
afterAll(() => rmSync(root, { recursive: true }));

const SIDE = 16;

/** Without it sharp writes JPEG into a TIFF. */
const LOSSLESS = { compression: 'lzw', predictor: 'none' } as const;

/** Four bands of 16x16: any numbers, but the same ones for a seed. */
const bandsOf = (seed: number) =>
  Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, at) => (seed * 31 + at * at * 7) % 251);

/** Class of a pixel: by blocks of 2x2, so that each block has one. */
const classAt = (row: number, col: number) => ((row >> 1) * 3 + (col >> 1)) % 6;

const colours = Uint8Array.from(
  Array.from({ length: SIDE * SIDE }, (_, at) => POTSDAM_COLOURS[classAt(Math.floor(at / SIDE), at % SIDE)]).flat(),
);

const imageFile = (raw: string, tile: string) => join(raw, '4_Ortho_RGBIR', `top_potsdam_${tile}_RGBIR.tif`);
const labelFile = (raw: string, tile: string) =>
  join(raw, '5_Labels_for_participants', `top_potsdam_${tile}_label.tif`);

/** The release's layout, each tile stored in another way: strips, LZW with predictor, tiles of PackBits. */
async function release(name: string, tiles: readonly string[]): Promise<string> {
  const raw = join(root, name);
  for (const folder of ['4_Ortho_RGBIR', '5_Labels_for_participants'])
    mkdirSync(join(raw, folder), { recursive: true });
  for (const [place, tile] of tiles.entries()) {
    const data = bandsOf(place);
    const store = [
      { compression: 'lzw', predictor: 'horizontal' },
      { compression: 'packbits', tile: true, tileWidth: 16, tileHeight: 16 },
    ][place % 2] as TiffOptions;
    if (place === 0) {
      const fields = { height: SIDE, width: SIDE, photometric: 2, extraSamples: [0] };
      writeFileSync(imageFile(raw, tile), tiffBytes({ ...fields, data }));
    } else {
      await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 4 } })
        .tiff(store)
        .toFile(imageFile(raw, tile));
    }
    await sharp(colours, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .tiff(store)
      .toFile(labelFile(raw, tile));
  }
  return raw;
}

const small = { crop: 4, workers: 2 };

describe('preparePotsdam: value', () => {
  it('cuts every tile into crops of half size, labels by their upper left pixel, and lists them', async () => {
    const raw = await release('whole', ['2_10', '2_11', '2_13']);
    const out = join(root, 'whole-crops');
    const warnings: string[] = [];
    const result = await preparePotsdam(raw, out, { ...small, onWarning: (text) => warnings.push(text) });
    // 2_13 is none of the tiles that IIC takes labels of. 4 crops a tile; a tenth of 12 is held out.
    expect(result).toEqual({
      finished: true,
      tiles: 3,
      reused: 0,
      crops: 12,
      lists: { unlabelled_train: 4, labelled_train: 7, labelled_test: 1 },
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^35 of the release's 38 tiles are missing: 2_12, /);
    const dataset = openDataset({ dataset: 'potsdam', root: out, strict: true });
    expect(dataset.ids.slice(0, 4)).toEqual(['2_13_00_00', '2_13_00_01', '2_13_01_00', '2_13_01_01']);
    for await (const { id, image, label } of dataset) {
      const [tile, down, right] = [id.slice(0, 4), Number(id.slice(5, 7)), Number(id.slice(8))];
      const whole = bandsOf(['2_10', '2_11', '2_13'].indexOf(tile));
      const placeOf = (pixel: number) => [8 * down + 2 * Math.floor(pixel / 4), 8 * right + 2 * (pixel % 4)] as const;
      const means = Array.from({ length: 4 * 4 * 4 }, (_, at) => {
        const [row, col] = placeOf(Math.floor(at / 4));
        const value = (dy: number, dx: number) => whole[((row + dy) * SIDE + col + dx) * 4 + (at % 4)];
        return Math.floor((value(0, 0) + value(0, 1) + value(1, 0) + value(1, 1)) / 4 + 0.5);
      });
      expect([...image.data].map((value) => Math.round(255 * value))).toEqual(means);
      const classes = Array.from({ length: 4 * 4 }, (_, pixel) => classAt(...placeOf(pixel)));
      expect(label && [...label]).toEqual(tile === '2_13' ? undefined : classes);
    }
  });

  it('does nothing twice, and a changed tile again', async () => {
    const [raw, out] = [join(root, 'whole'), join(root, 'whole-crops')];
    const lists = readFileSync(join(out, 'labelled_test.txt'), 'utf8');
    expect((await preparePotsdam(raw, out, small)).reused).toBe(3);
    utimesSync(imageFile(raw, '2_11'), new Date(), new Date(1e12));
    expect((await preparePotsdam(raw, out, small)).reused).toBe(2);
    expect(readFileSync(join(out, 'labelled_test.txt'), 'utf8')).toBe(lists);
    expect(readdirSync(join(out, 'imgs')).every((name) => name.endsWith('.tif'))).toBe(true);
  });

  it('stops when asked, and goes on from there', async () => {
    const [raw, out] = [join(root, 'whole'), join(root, 'stopped')];
    const stop = new AbortController();
    const options = { ...small, workers: 1, signal: stop.signal };
    const onProgress = (done: number) => done === 1 && stop.abort();
    const stopped = await preparePotsdam(raw, out, { ...options, onProgress });
    expect([stopped.finished, stopped.tiles]).toEqual([false, 1]);
    expect(() => openDataset({ dataset: 'potsdam', root: out })).toThrow(/^potsdam: no list/);
    const resumed = await preparePotsdam(raw, out, small);
    expect([resumed.finished, resumed.reused, resumed.tiles]).toEqual([true, 1, 3]);
  });
});

describe('preparePotsdam: error', () => {
  it('names tile and pixel of every fault at once, and does the other tiles', async () => {
    const raw = await release('faulty', ['2_10', '2_11', '2_12', '3_10', '3_11']);
    const wrong = colours.slice();
    wrong.set([12, 34, 56], 3 * (5 * SIDE + 7));
    const rgb = { width: SIDE, height: SIDE, channels: 3 as const };
    await sharp(wrong, { raw: rgb }).tiff(LOSSLESS).toFile(labelFile(raw, '2_10'));
    await sharp(colours, { raw: rgb }).tiff(LOSSLESS).toFile(imageFile(raw, '2_11'));
    await sharp(colours.subarray(0, 3 * 8 * SIDE), { raw: { ...rgb, height: 8 } })
      .tiff(LOSSLESS)
      .toFile(labelFile(raw, '3_10'));
    const good = tiffBytes({ height: SIDE, width: SIDE, photometric: 2, extraSamples: [0], data: bandsOf(2) });
    // Its directory lies at the end, so pixels are missing as if the file were cut: their strip points beyond it.
    const cut = Buffer.from(good);
    const offsets = cut.indexOf(Buffer.from([0x11, 0x01, 4, 0, 1, 0, 0, 0]));
    cut.writeUInt32LE(good.length - 100, offsets + 8);
    writeFileSync(imageFile(raw, '2_12'), cut);
    const out = join(root, 'faulty-crops');
    const error = await preparePotsdam(raw, out, small).then(
      () => expect.unreachable('four tiles are faulty'),
      (reason: Error) => reason.message,
    );
    expect(error).toContain(`tile 2_10: ${labelFile(raw, '2_10')}: unknown colour (12, 34, 56) at row 5, column 7`);
    expect(error).toContain(
      `tile 2_11: ${imageFile(raw, '2_11')}: it has 3 bands, 4 are needed: red, green, blue and infrared ` +
        '(take the folder 4_Ortho_RGBIR)',
    );
    expect(error).toContain(
      `tile 2_12: ${imageFile(raw, '2_12')}: it is cut off: pixels from row 0 on are missing (${good.length} bytes of at ` +
        `least ${good.length - 100 + 1024})`,
    );
    expect(error).toContain(`tile 3_10: ${labelFile(raw, '3_10')}: the label is 8x16, its image 16x16`);
    expect(error).not.toContain('tile 3_11');
    expect(readdirSync(join(out, 'gt')).filter((name) => name.startsWith('3_11'))).toHaveLength(4);
  });

  it('takes or ignores unknown colours where asked, and says which labels are absent', async () => {
    const raw = await release('odd', ['2_10', '2_11']);
    const wrong = colours.slice();
    wrong.set([250, 3, 2], 0);
    await sharp(wrong, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .tiff(LOSSLESS)
      .toFile(labelFile(raw, '2_10'));
    rmSync(labelFile(raw, '2_11'));
    const warnings: string[] = [];
    const firstOf = async (unknownColours: 'nearest' | 'ignore') => {
      const out = join(root, unknownColours);
      await preparePotsdam(raw, out, { ...small, unknownColours, onWarning: (text) => warnings.push(text) });
      const dataset = openDataset({ dataset: 'potsdam', root: out, split: 'labelled' });
      return (await dataset.get(dataset.ids.indexOf('2_10_00_00'))).label![0];
    };
    expect([await firstOf('nearest'), await firstOf('ignore')]).toEqual([5, 255]);
    expect(warnings[0]).toBe(`tile 2_11: no label '${labelFile(raw, '2_11')}'; it counts as unlabelled`);
  });

  it('refuses a folder that was prepared in another way, and one without tiles', async () => {
    const raw = join(root, 'whole');
    await expect(preparePotsdam(raw, join(root, 'whole-crops'), { ...small, shrink: 1 })).rejects.toThrow(
      `preparePotsdam: '${join(root, 'whole-crops')}' was prepared with {"shrink":2,"crop":4,`,
    );
    mkdirSync(join(root, 'rgb', '2_Ortho_RGB'), { recursive: true });
    await expect(preparePotsdam(join(root, 'rgb'), join(root, 'none'))).rejects.toThrow(
      `potsdam: '${join(root, 'rgb')}' has only 2_Ortho_RGB: infrared and colour together are in 4_Ortho_RGBIR`,
    );
    await expect(preparePotsdam(raw, join(root, 'none'), { crop: 0.5 })).rejects.toThrow(
      'preparePotsdam: crop must be a whole number of at least 1, got 0.5',
    );
  });
});
