import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { unpackLzw } from '../child/lzw.mjs';
import { decodeTiff } from './tiff-process.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-lzw-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Codes of 9 bits each, most significant bit first. */
function packed(...codes: number[]): Uint8Array {
  const bits = codes.map((code) => code.toString(2).padStart(9, '0')).join('');
  return Uint8Array.from(bits.match(/.{1,8}/g)!, (byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
}

describe('unpackLzw: value', () => {
  it('unpacks the example of the TIFF specification, section 13', () => {
    const codes = packed(256, 7, 258, 8, 8, 258, 6, 6, 257);
    expect([...unpackLzw(codes)]).toEqual([7, 7, 7, 8, 8, 7, 7, 6, 6]);
  });

  it('starts again after a clear code, and ends where the end code is missing', () => {
    expect([...unpackLzw(packed(256, 1, 2, 256, 3, 258))]).toEqual([1, 2, 3, 3, 3]);
  });

  it('unpacks what libtiff packs, through all code lengths, in a wide strip', async () => {
    const [width, height] = [4000, 64];
    const data = Uint8Array.from({ length: width * height * 4 }, (_, at) => (at * at * 31 + (at >> 5)) % 253);
    const file = join(folder, 'wide.tif');
    await sharp(data, { raw: { width, height, channels: 4 } })
      .tiff({ compression: 'lzw', predictor: 'none' })
      .toFile(file);
    const decoded = await decodeTiff(file, { width, height, samples: 4, bitsPerSample: [8] });
    expect([decoded.height, decoded.width, decoded.samples]).toEqual([height, width, 4]);
    expect(Buffer.compare(Buffer.from(decoded.data as Uint8Array), Buffer.from(data))).toBe(0);
  });
});

describe('unpackLzw: error', () => {
  it('names a code that cannot be', () => {
    expect(() => unpackLzw(packed(256, 1, 300))).toThrow('unpackLzw: code 300 is beyond the 258 entries of the table');
  });
});
