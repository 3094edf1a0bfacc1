import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { tiffBytes } from '../test/write-tiff.js';
import { cropSample } from './crop.js';
import { openRaster, type PixelWindow } from './index.js';
import { randomStream } from './random-stream.js';
import { readImage } from './read-image.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-raster-'));
const servers: Server[] = [];
afterAll(() => {
  rmSync(folder, { recursive: true });
  for (const server of servers) server.close();
});

const HEIGHT = 137;
const WIDTH = 203;
const WINDOWS: PixelWindow[] = [
  { top: 0, left: 0, height: HEIGHT, width: WIDTH },
  { top: 31, left: 60, height: 70, width: 90 },
  { top: 136, left: 202, height: 1, width: 1 },
];

function noise(bands: number): Uint8Array {
  const random = randomStream(5, bands);
  return Uint8Array.from({ length: HEIGHT * WIDTH * bands }, () => uniformInt(random, 0, 255));
}

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

/** Every window of the file is the crop of the whole image. */
async function expectWindowsOf(source: string, file = source): Promise<void> {
  const whole = await readImage(file, { maxPixels: 1e6, alpha: 'mask' });
  const raster = await openRaster(source);
  try {
    expect([raster.height, raster.width, raster.bands]).toEqual(whole.image.shape);
    for (const window of WINDOWS) {
      const { top, left, height, width } = window;
      const expected = cropSample({ id: '', ...whole }, [top, left], [height, width]);
      const { image, valid } = await raster.read(window);
      expect(image).toEqual(expected.image);
      // A window without an invalid pixel has no mask.
      expect(valid ?? new Uint8Array(height * width).fill(1)).toEqual(
        expected.valid ?? new Uint8Array(height * width).fill(1),
      );
    }
  } finally {
    await raster.close();
  }
}

describe('value', () => {
  it.each(['none', 'lzw', 'deflate'] as const)('reads windows of %s tiles and strips as of the whole', async (kind) => {
    const pixels = sharp(noise(3), { raw: { height: HEIGHT, width: WIDTH, channels: 3 } });
    for (const tile of [false, true]) {
      const tags = { tile, tileHeight: 64, tileWidth: 48, predictor: 'horizontal' } as const;
      const file = join(folder, `${kind}-${tile}.tif`);
      await pixels
        .clone()
        .tiff({ compression: kind, ...tags })
        .toFile(file);
      await expectWindowsOf(file);
    }
  });

  it('reads any number of bands, with nodata as a mask', async () => {
    const data = noise(5);
    data.fill(7, 5 * WIDTH * 40, 5 * WIDTH * 50);
    for (const planar of [1, 2] as const) {
      await expectWindowsOf(
        written(`bands-${planar}.tif`, tiffBytes({ height: HEIGHT, width: WIDTH, data, planar, nodata: '7' })),
      );
    }
  });

  it('serves from memory what only a whole-image decoder reads', async () => {
    const palette = Array.from({ length: 768 }, (_, entry) => (entry * 257) % 65536);
    const data = noise(1);
    await expectWindowsOf(
      written('palette.tif', tiffBytes({ height: HEIGHT, width: WIDTH, data, photometric: 3, palette })),
    );
  });

  it('reads windows over HTTP by ranges', async () => {
    const file = written('served.tif', tiffBytes({ height: HEIGHT, width: WIDTH, data: noise(4) }));
    const bytes = readFileSync(file);
    let most = 0;
    const server = createServer(({ headers }, response) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(from), Number(to) + 1);
      most = Math.max(most, part.length);
      const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'content-range': range, 'content-length': part.length }).end(part);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    await expectWindowsOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}/served.tif`, file);
    expect(most).toBeGreaterThan(0);
  });
});

describe('error', () => {
  it('refuses windows outside of the raster', async () => {
    const raster = await openRaster(
      written('small.tif', tiffBytes({ height: 2, width: 3, data: noise(1).slice(0, 6) })),
    );
    await expect(raster.read({ top: 1, left: 0, height: 2, width: 3 })).rejects.toThrow(
      `small.tif, got 2x3 at (1, 0) of 2x3`,
    );
    await raster.close();
  });

  it('names the file that is no TIFF', async () => {
    const file = written('text.tif', Buffer.from('not a picture'));
    await expect(openRaster(file)).rejects.toMatchObject({ name: 'UnreadableImageError', file });
  });
});
