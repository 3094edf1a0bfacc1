import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { tiffBytes } from '../test/write-tiff.js';
import { readImageHeader } from './image-header.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-header-'));
afterAll(() => rmSync(folder, { recursive: true }));
const options = { maxPixels: 1e6, alpha: 'mask' } as const;

function headerOf(bytes: Uint8Array) {
  const file = join(folder, 'image');
  writeFileSync(file, bytes);
  const { format, height, width, bands, depth } = readImageHeader(file, options);
  return [format, height, width, bands, depth];
}

describe('readImageHeader: value', () => {
  it('agrees with the writer on every format', async () => {
    const picture = sharp({ create: { width: 301, height: 202, channels: 4, background: '#33669980' } });
    expect(headerOf(await picture.clone().png().toBuffer())).toEqual(['png', 202, 301, 3, 8]);
    expect(headerOf(await picture.clone().toColourspace('rgb16').png().toBuffer())).toEqual(['png', 202, 301, 3, 16]);
    expect(headerOf(await picture.clone().webp().toBuffer())).toEqual(['webp', 202, 301, 3, 8]); // VP8X
    expect(headerOf(await picture.clone().removeAlpha().webp().toBuffer())).toEqual(['webp', 202, 301, 3, 8]); // VP8
    const lossless = await picture.clone().removeAlpha().webp({ lossless: true }).toBuffer(); // VP8L
    expect(headerOf(lossless)).toEqual(['webp', 202, 301, 3, 8]);
    expect(headerOf(await picture.clone().jpeg({ progressive: true }).toBuffer())).toEqual(['jpeg', 202, 301, 3, 8]);
    expect(headerOf(await picture.clone().tiff({ tile: true }).toBuffer())).toEqual(['tiff', 202, 301, 3, 8]);
    expect(headerOf(await picture.clone().tiff({ bigtiff: true }).toBuffer())).toEqual(['tiff', 202, 301, 3, 8]);
  });

  it('walks past large segments of a JPEG, such as EXIF with a preview of another size', async () => {
    const create = { width: 30, height: 20, channels: 3, background: 'red' } as const;
    const jpeg = await sharp({ create }).jpeg().toBuffer();
    const preview = await sharp({ create: { ...create, width: 8, height: 8 } })
      .jpeg()
      .toBuffer();
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), preview, Buffer.alloc(50_000)]);
    segment.writeUInt16BE(segment.length - 2, 2);
    const whole = Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
    expect(headerOf(whole)).toEqual(['jpeg', 20, 30, 3, 8]);
  });

  it('reads big-endian TIFFs', () => {
    // One tag after another: height 2, width 3, 8 bit (one sample), black is zero.
    const tags = [
      [256, 3],
      [257, 2],
      [258, 8],
      [262, 1],
    ];
    const bytes = Buffer.alloc(8 + 2 + 12 * tags.length + 4);
    bytes.write('MM\0*', 'latin1');
    bytes.writeUInt32BE(8, 4);
    bytes.writeUInt16BE(tags.length, 8);
    tags.forEach(([tag, value], index) => {
      const at = 10 + 12 * index;
      bytes.writeUInt16BE(tag, at);
      bytes.writeUInt16BE(3, at + 2);
      bytes.writeUInt32BE(1, at + 4);
      bytes.writeUInt16BE(value, at + 8);
    });
    expect(headerOf(bytes)).toEqual(['tiff', 2, 3, 1, 8]);
  });
});

describe('readImageHeader: error', () => {
  it('says what is wrong with each kind of broken header', () => {
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]);
    expect(() => headerOf(png)).toThrow('the PNG header is cut off');
    expect(() => headerOf(Buffer.from([0xff, 0xd8, 0xff, 0xe0]))).toThrow('the JPEG file ends before its frame header');
    expect(() => headerOf(Buffer.alloc(40).fill(0).fill('\xff\xd8', 0, 2, 'latin1'))).toThrow(
      'the JPEG file has no frame header',
    );
    expect(() => headerOf(Buffer.from('RIFF....WEBPVP8 '))).toThrow('the WebP header is cut off');
    const tiff = tiffBytes({ height: 1, width: 1, data: Uint8Array.of(1) });
    tiff.writeUInt16LE(0, 9 + 2 + 12 * 4); // the tag of the photometric kind, after one byte of pixels and four entries
    expect(() => headerOf(tiff)).toThrow('the TIFF header lacks tag 262');
    expect(() => readImageHeader(join(folder, 'gone.png'), options)).toThrow(/gone\.png: ENOENT/);
  });
});
