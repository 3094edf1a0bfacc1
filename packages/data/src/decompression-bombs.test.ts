/** Files that are small on disk and huge in memory, and headers that claim what cannot be: refused by size. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { repairPng } from '../test/repair-png.js';
import { tiffBytes } from '../test/write-tiff.js';
import { readImage } from './read-image.js';
import { readLabel } from './read-label.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-bombs-'));
afterAll(() => rmSync(folder, { recursive: true }));
function written(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

/** Waits for a refusal with this text; one that comes before decoding takes hardly any time or memory. */
async function expectCheapRefusal(refused: Promise<unknown>, message: string | RegExp): Promise<void> {
  const before = { ms: performance.now(), kb: process.resourceUsage().maxRSS };
  await expect(refused).rejects.toThrow(message);
  expect(performance.now() - before.ms, 'milliseconds').toBeLessThan(1000);
  expect((process.resourceUsage().maxRSS - before.kb) / 1024, 'megabytes').toBeLessThan(64);
}

describe('headers that claim too much', () => {
  const image = { alpha: 'mask' as const };

  it('PNG: 16383x16383 pixels in 100 bytes', async () => {
    const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    png.writeUInt32BE(16383, 16);
    png.writeUInt32BE(16383, 20);
    const file = written('claims.png', repairPng(png));
    await expectCheapRefusal(
      readImage(file, image),
      /claims\.png: its header says 16383x16383 pixels of 3 bands, the limit is 62914560 pixels \(maxPixels\)/,
    );
  });

  it('JPEG: 65535x65535 pixels', async () => {
    const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    jpeg.writeUInt16BE(65535, frame + 5);
    jpeg.writeUInt16BE(65535, frame + 7);
    await expectCheapRefusal(readImage(written('claims.jpg', jpeg), image), /its header says 65535x65535 pixels/);
  });

  it('WebP: 16384x16384 pixels', async () => {
    const webp = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .webp({ lossless: true })
      .toBuffer();
    webp.writeUInt32LE(((16383 << 14) | 16383) >>> 0, 21);
    await expectCheapRefusal(readImage(written('claims.webp', webp), image), /its header says 16384x16384 pixels/);
  });

  it('TIFF: 65535x65535 pixels of 200 bands', async () => {
    const tiff = tiffBytes({ height: 2, width: 2, data: new Uint8Array(4 * 200) });
    const [widthAt, heightAt] = [256, 257].map((tag) => tiff.lastIndexOf(Buffer.of(tag & 255, tag >> 8, 4, 0)) + 8);
    tiff.writeUInt32LE(65535, widthAt);
    tiff.writeUInt32LE(65535, heightAt);
    await expectCheapRefusal(
      readImage(written('claims.tif', tiff), image),
      /its header says 65535x65535 pixels of 200 bands/,
    );
  });

  // Found by fuzzing: 4.7 s of grey, out of 700 bytes.
  it('JPEG: 6000x8000 pixels in some hundred bytes, within the limit of pixels', async () => {
    const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    jpeg.writeUInt16BE(6000, frame + 5);
    jpeg.writeUInt16BE(8000, frame + 7);
    await expectCheapRefusal(
      readImage(written('grey.jpg', jpeg), image),
      /its header says 6000x8000 pixels of 3 bands, which its \d+ bytes cannot hold/,
    );
  });

  // Found by fuzzing: the decoding process grew to 1.1 GB.
  it('TIFF label: 1300x65536 uncompressed pixels in some hundred bytes', async () => {
    const tiff = tiffBytes({ height: 2, width: 2, data: new Uint8Array(4) });
    const [widthAt, heightAt] = [256, 257].map((tag) => tiff.lastIndexOf(Buffer.of(tag & 255, tag >> 8, 4, 0)) + 8);
    tiff.writeUInt32LE(65536, widthAt);
    tiff.writeUInt32LE(1300, heightAt);
    await expectCheapRefusal(readLabel(written('grey.tif', tiff)), /1300x65536 pixels of 1 bands, which its \d+ bytes/);
  });

  // Found by fuzzing: the decoding process made room for all of them, 2.4 s and half a gigabyte.
  it('TIFF label: 134 million values of one tag', async () => {
    const tiff = tiffBytes({ height: 2, width: 2, data: new Uint8Array(4) });
    tiff.writeUInt32LE(2 ** 27 + 1, tiff.lastIndexOf(Buffer.of(278 & 255, 278 >> 8, 4, 0)) + 4);
    const file = written('values.tif', tiff);
    await expectCheapRefusal(readLabel(file), /the TIFF header claims 134217729 values of a tag in \d+ bytes/);
  });

  it('a limit of the caller is kept too', async () => {
    const png = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await expectCheapRefusal(
      readImage(written('plain.png', png), { alpha: 'mask', maxPixels: 1199 }),
      'its header says 30x40 pixels of 3 bands, the limit is 1199 pixels (maxPixels)',
    );
  });
});

describe('data that unpacks to more than the header says', () => {
  const bomb = deflateSync(Buffer.alloc(2 ** 28));

  it('PNG label: 256 MiB in an image of 16 pixels', async () => {
    const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const file = written('bomb.png', withChunk(png, 'IDAT', bomb));
    await expectCheapRefusal(readLabel(file, 1e6), /bomb\.png: its pixels unpack to more than the header says/);
  });

  it('PNG label: 256 MiB in a colour profile, which is left alone', async () => {
    const png = await sharp(new Uint8Array(16), { raw: { width: 4, height: 4, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const profile = Buffer.concat([Buffer.from('icc\0\0', 'latin1'), bomb]);
    const file = written('profile.png', withChunk(png, 'iCCP', profile));
    expect((await readLabel(file, 1e6)).ids).toEqual(new Int32Array(16));
  });
});

/** The PNG with its chunk of this type replaced, or one of it put after the header. */
function withChunk(png: Buffer, type: string, data: Buffer): Uint8Array {
  const chunk = Buffer.concat([Buffer.alloc(8), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  const found = png.indexOf(type, 0, 'latin1') - 4;
  const [start, end] = found < 0 ? [33, 33] : [found, found + 12 + png.readUInt32BE(found)];
  return repairPng(Buffer.concat([png.subarray(0, start), chunk, png.subarray(end)]));
}
