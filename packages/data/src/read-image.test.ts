import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { tiffBytes } from '../test/write-tiff.js';
import { readImage, type ReadImageOptions } from './read-image.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-read-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

const defaults: ReadImageOptions = { maxPixels: 1e6, alpha: 'mask' };
let written = 0;

async function readBytes(bytes: Uint8Array, options: Partial<ReadImageOptions> = {}) {
  const file = join(folder, `${written++}`);
  writeFileSync(file, bytes);
  return readImage(file, { ...defaults, ...options });
}

/** 4 rows of 5 pixels, samples spread over the type's range. */
const bytes = (bands: number) => Uint8Array.from({ length: 20 * bands }, (_, at) => (at * 47) % 256);
const words = (bands: number) => Uint16Array.from({ length: 20 * bands }, (_, at) => (at * 9973) % 65536);
const raw = (data: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4) =>
  sharp(data, { raw: { width: 5, height: 4, channels } });
const scaled = (data: ArrayLike<number>, high: number) => Float32Array.from(data, (value) => value / high);

interface Found {
  readonly shape: readonly number[];
  readonly furthest: number;
}

/** Shape, and the largest difference: one float32 rounding in the code, another in the expectation. */
function compared({ shape, data }: { shape: readonly number[]; data: Float32Array }, expected: Float32Array): Found {
  expect(data).toHaveLength(expected.length);
  return { shape, furthest: data.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0) };
}
const exactly = (bands: number) => ({ shape: [4, 5, bands], furthest: expect.closeTo(0, 6) });

describe('readImage: value of PNG, JPEG and WebP', () => {
  it('reads grey and RGB PNGs of 8 and 16 bit exactly', async () => {
    expect(
      compared(
        (await readBytes(await raw(bytes(1), 1).toColourspace('b-w').png().toBuffer())).image,
        scaled(bytes(1), 255),
      ),
    ).toEqual(exactly(1));
    expect(compared((await readBytes(await raw(bytes(3), 3).png().toBuffer())).image, scaled(bytes(3), 255))).toEqual(
      exactly(3),
    );
    const grey16 = await raw(words(1), 1).toColourspace('grey16').png().toBuffer();
    expect(compared((await readBytes(grey16)).image, scaled(words(1), 65535))).toEqual(exactly(1));
    const rgb16 = await raw(words(3), 3).toColourspace('rgb16').png().toBuffer();
    expect(compared((await readBytes(rgb16)).image, scaled(words(3), 65535))).toEqual(exactly(3));
  });

  it('reads palette PNGs as the colours they show', async () => {
    const two = Uint8Array.from({ length: 60 }, (_, at) => (Math.floor(at / 3) % 2 === 0 ? 255 : 0));
    const png = await raw(two, 3).png({ palette: true, colours: 2 }).toBuffer();
    expect(compared((await readBytes(png)).image, scaled(two, 255))).toEqual(exactly(3));
  });

  it('turns alpha 0 into invalid pixels of value 0, and drops alpha', async () => {
    const rgba = bytes(4).map((value, at) => (at % 4 === 3 ? (at === 7 ? 0 : 128) : value));
    for (const format of ['png', 'webp'] as const) {
      const { image, valid } = await readBytes(await raw(rgba, 4)[format]({ lossless: true }).toBuffer());
      expect([...valid!]).toEqual(Array.from({ length: 20 }, (_, pixel) => (pixel === 1 ? 0 : 1)));
      expect(image.shape).toEqual([4, 5, 3]);
      expect([...image.data.subarray(3, 6)]).toEqual([0, 0, 0]);
      expect(image.data[6]).toBeCloseTo(rgba[8] / 255, 6);
    }
    const opaque = await readBytes(
      await raw(
        rgba.map((value, at) => (at % 4 === 3 ? 255 : value)),
        4,
      )
        .png()
        .toBuffer(),
    );
    expect(opaque.valid).toBeUndefined();
  });

  it('reads grey with alpha as one band', async () => {
    // Colour type 4, which sharp does not write: two rows of one pixel, filter byte 0, grey and alpha.
    const { deflateSync, crc32 } = await import('node:zlib');
    const chunk = (type: string, body: Buffer) => {
      const named = Buffer.concat([Buffer.from(type), body]);
      const ends = Buffer.alloc(8);
      ends.writeUInt32BE(body.length);
      ends.writeUInt32BE(crc32(named), 4);
      return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
    };
    const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 2, 8, 4, 0, 0, 0]);
    const body = deflateSync(Buffer.from([0, 51, 255, 0, 102, 0]));
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
    const png = [signature, chunk('IHDR', header), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))];
    const { image, valid } = await readBytes(Buffer.concat(png));
    expect(image.shape).toEqual([2, 1, 1]);
    expect(image.data[0]).toBeCloseTo(0.2, 6);
    expect([...valid!]).toEqual([1, 0]);
  });

  it('reads JPEG and WebP within their losses, grey JPEGs as one band', async () => {
    const flat = new Uint8Array(60).fill(102);
    for (const format of ['jpeg', 'webp'] as const) {
      const { image } = await readBytes(await raw(flat, 3)[format]().toBuffer());
      expect(image.shape).toEqual([4, 5, 3]);
      image.data.forEach((value) => expect(Math.abs(value - 0.4)).toBeLessThan(0.02));
    }
    const grey = await readBytes(await raw(flat.subarray(0, 20), 1).toColourspace('b-w').jpeg().toBuffer());
    expect(grey.image.shape).toEqual([4, 5, 1]);
  });

  it('turns pictures upright by their EXIF orientation', async () => {
    // convention: orientation 6 = the stored top row is the right-hand column
    const topRow = new Uint8Array(60).map((_, at) => (at < 15 ? 255 : 0));
    const jpeg = await raw(topRow, 3).jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer();
    const { image } = await readBytes(jpeg);
    expect(image.shape).toEqual([5, 4, 3]);
    expect(Math.round(image.data[3 * 3])).toBe(1);
    expect(Math.round(image.data[0])).toBe(0);
  });
});

describe('readImage: value of TIFF', () => {
  const size = { height: 4, width: 5 };

  it('reads 1 to 5 bands, 8 and 16 bit, pixel by pixel and band by band', async () => {
    for (const bands of [1, 2, 3, 4, 5]) {
      for (const planar of [1, 2] as const) {
        const photometric = bands === 3 ? 2 : 1;
        const eight = await readBytes(tiffBytes({ ...size, data: bytes(bands), planar, photometric }));
        expect(compared(eight.image, scaled(bytes(bands), 255))).toEqual(exactly(bands));
        const sixteen = await readBytes(tiffBytes({ ...size, data: words(bands), planar, photometric }));
        expect(compared(sixteen.image, scaled(words(bands), 65535))).toEqual(exactly(bands));
        expect(sixteen.valid).toBeUndefined();
      }
    }
  });

  it('takes the fourth sample as a band or as alpha, as its tag says or as told', async () => {
    const data = bytes(4).map((value, at) => (at === 3 ? 0 : value));
    const infrared = await readBytes(tiffBytes({ ...size, data, photometric: 2, extraSamples: [0] }));
    expect(compared(infrared.image, scaled(data, 255))).toEqual(exactly(4));
    const alpha = tiffBytes({ ...size, data, photometric: 2, extraSamples: [2] });
    const masked = await readBytes(alpha);
    expect(masked.image.shape).toEqual([4, 5, 3]);
    expect(masked.valid![0]).toBe(0);
    expect(compared((await readBytes(alpha, { alpha: 'band' })).image, scaled(data, 255))).toEqual(exactly(4));
    const five = tiffBytes({ ...size, data: bytes(5), extraSamples: [0, 0, 0, 2] });
    expect((await readBytes(five)).image.shape).toEqual([4, 5, 4]);
  });

  it('reads files that sharp writes: LZW with predictor, and deflate, 8 and 16 bit', async () => {
    const lzw = await raw(bytes(3), 3).tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer();
    expect(compared((await readBytes(lzw)).image, scaled(bytes(3), 255))).toEqual(exactly(3));
    const deflate = await raw(words(1), 1).toColourspace('grey16').tiff({ compression: 'deflate' }).toBuffer();
    expect(compared((await readBytes(deflate)).image, scaled(words(1), 65535))).toEqual(exactly(1));
  });

  it('reads palettes, white-is-zero and JPEG inside of TIFF as the colours they show', async () => {
    const palette = Array.from(
      { length: 768 },
      (_, at) => 257 * (at % 256 === 5 ? [10, 20, 30][Math.floor(at / 256)] : 0),
    );
    const indexed = await readBytes(
      tiffBytes({ height: 1, width: 2, data: Uint8Array.of(5, 0), photometric: 3, palette }),
    );
    expect([...indexed.image.data].map((value) => Math.round(255 * value))).toEqual([10, 20, 30, 0, 0, 0]);
    const inverse = await readBytes(tiffBytes({ height: 1, width: 2, data: Uint8Array.of(0, 204), photometric: 0 }));
    expect([...inverse.image.data].map((value) => Math.round(255 * value))).toEqual([255, 51]);
    const { image } = await readBytes(
      await raw(new Uint8Array(60).fill(102), 3).tiff({ compression: 'jpeg' }).toBuffer(),
    );
    image.data.forEach((value) => expect(Math.abs(value - 0.4)).toBeLessThan(0.02));
  });

  it('marks pixels whose every band is nodata, and floats that are not finite', async () => {
    const data = Uint8Array.of(7, 7, 7, 1, 2, 7);
    const nodata = tiffBytes({ height: 1, width: 3, data, nodata: '7', extraSamples: [0] });
    expect([...(await readBytes(nodata)).valid!]).toEqual([0, 1, 1]);
    const floats = Float32Array.of(0.25, NaN, 1, -9999.9);
    const { image, valid } = await readBytes(tiffBytes({ height: 2, width: 2, data: floats, nodata: '-9999.9' }));
    expect([...valid!]).toEqual([1, 0, 1, 0]);
    expect([...image.data]).toEqual([0.25, 0, 1, 0]);
  });

  it('maps a given range to 0..1, and the whole range of signed integers by default', async () => {
    const sensor = Uint16Array.of(0, 1000, 6000, 11000);
    const ranged = await readBytes(tiffBytes({ height: 2, width: 2, data: sensor }), { range: [1000, 11000] });
    expect([...ranged.image.data]).toEqual([0, 0, 0.5, 1]);
    const signed = await readBytes(tiffBytes({ height: 1, width: 2, data: Int16Array.of(-32768, 32767) }));
    expect([...signed.image.data]).toEqual([0, 1]);
  });
});

describe('readImage: error', () => {
  it('asks for the range of floats beyond 0..1', async () => {
    const data = Float32Array.of(0, 180);
    await expect(readBytes(tiffBytes({ height: 1, width: 2, data }))).rejects.toThrow(
      'its float samples go from 0 to 180; say with range: [low, high] which of them are 0 and 1',
    );
  });

  it('names what is wrong with a file that is no image, empty, cut off or too large', async () => {
    await expect(readBytes(Buffer.from('just a text'))).rejects.toThrow('not a PNG, JPEG, WebP or TIFF file');
    await expect(readBytes(Buffer.alloc(0))).rejects.toThrow('the file is empty');
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * at * 31) % 251);
    const picture = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
    const cut = (whole: Buffer) => whole.subarray(0, Math.floor(whole.length * 0.6));
    await expect(readBytes(cut(await picture.jpeg().toBuffer()))).rejects.toThrow('premature end of JPEG image');
    await expect(readBytes(cut(await picture.png().toBuffer()))).rejects.toThrow('libpng read error');
    await expect(readBytes(cut(await picture.webp().toBuffer()))).rejects.toThrow(/webp/);
    const tiff = tiffBytes({ height: 4, width: 5, data: bytes(5) });
    await expect(readBytes(cut(tiff))).rejects.toThrow('the TIFF header is cut off');
    const png = await picture.png().toBuffer();
    png.writeUInt32BE(100_000, 16);
    png.writeUInt32BE(100_000, 20);
    await expect(readBytes(png)).rejects.toThrow(
      'its header says 100000x100000 pixels of 3 bands, the limit is 1000000 pixels (maxPixels)',
    );
  });

  it('refuses TIFFs that no decoder here reads faithfully', async () => {
    const size = { height: 4, width: 5 };
    await expect(readBytes(tiffBytes({ ...size, data: bytes(4), photometric: 5 }))).rejects.toThrow(
      'TIFF of photometric kind 5 with 4 samples is not read; save it as RGB or grey',
    );
    await expect(readBytes(tiffBytes({ ...size, data: bytes(5), orientation: 6 }))).rejects.toThrow(
      'TIFF of 5 bands with orientation 6 is not read; save it upright',
    );
  });
});
