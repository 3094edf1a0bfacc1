/** Small georeferenced rasters for tests: seeded patches of light and texture, any number of bands. */
import { writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { randomStream, type GeoTags } from '@autoregseg/data';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { tiffHead } from './tiff-layout.js';

/** 0.5 m pixels in UTM zone 33 N (EPSG 32633). */
export const UTM_33: GeoTags = {
  pixelScale: [0.5, 0.5, 0],
  tiepoint: [0, 0, 0, 368_000, 5_807_000, 0],
  keys: [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32_633],
};

export interface RasterFields {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly seed?: number;
  /** Value of pixels that are nothing; a rectangle of them is put in the middle. */
  readonly nodata?: number;
  readonly tileSide?: number;
}

/** [H, W, C] bytes: patches of 23 pixels, each with a mean and a contrast of its own, noise within. */
export function rasterBytes({ height, width, bands, seed = 1, nodata }: RasterFields): Uint8Array {
  const random = randomStream(seed, bands);
  const patches = new Map<number, readonly number[]>();
  const data = new Uint8Array(height * width * bands);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const patch = Math.floor(row / 23) * 10_000 + Math.floor(column / 23);
      if (!patches.has(patch)) {
        patches.set(
          patch,
          Array.from({ length: bands + 1 }, () => 40 + 170 * uniformFloat64(random)),
        );
      }
      const light = patches.get(patch)!;
      for (let band = 0; band < bands; band++) {
        const noise = (uniformFloat64(random) - 0.5) * 0.5 * light[bands];
        data[(row * width + column) * bands + band] = Math.min(254, Math.max(1, light[band] + noise));
      }
    }
  }
  if (nodata !== undefined) {
    for (let row = Math.floor(height / 3); row < Math.floor(height / 2); row++) {
      data.fill(nodata, (row * width + 20) * bands, (row * width + 60) * bands);
    }
  }
  return data;
}

/** Writes them as a tiled, deflated GeoTIFF. */
export function writeRaster(file: string, fields: RasterFields): void {
  const { height, width, bands, nodata, tileSide = 64 } = fields;
  const data = rasterBytes(fields);
  const tiles: Buffer[] = [];
  for (let top = 0; top < height; top += tileSide) {
    for (let left = 0; left < width; left += tileSide) {
      const tile = new Uint8Array(tileSide * tileSide * bands);
      const columns = Math.min(tileSide, width - left);
      for (let row = 0; row < Math.min(tileSide, height - top); row++) {
        const from = ((top + row) * width + left) * bands;
        tile.set(data.subarray(from, from + columns * bands), row * tileSide * bands);
      }
      tiles.push(deflateSync(tile));
    }
  }
  const head = tiffHead(
    {
      height,
      width,
      tileSide,
      samples: bands,
      bitsPerSample: 8,
      photometric: bands < 3 ? 1 : 2,
      extraSamples: Array.from({ length: bands < 3 ? bands - 1 : bands - 3 }, () => 0),
      geo: UTM_33,
      nodata,
    },
    tiles.map(({ length }) => length),
  );
  writeFileSync(file, Buffer.concat([head, ...tiles]));
}
