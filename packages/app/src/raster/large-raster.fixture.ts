/** Rasters that are too large to be held: a few seeded tiles, deflated once and laid out in a seeded order. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { randomStream } from '@autoregseg/data';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { rasterBytes, UTM_33 } from './raster.fixture.js';
import { tiffHead, tileCount, type TiledTiff } from './tiff-layout.js';

const TILE = 256;
const DISTINCT = 32;

/** Writes a tiled, deflated GeoTIFF of four bands, no larger in memory than its list of tiles. */
export function writeLargeRaster(file: string, [height, width]: readonly [number, number]): void {
  const layout: TiledTiff = {
    height,
    width,
    tileSide: TILE,
    samples: 4,
    bitsPerSample: 8,
    photometric: 2,
    extraSamples: [0],
    geo: UTM_33,
  };
  const tiles = Array.from({ length: DISTINCT }, (_, seed) =>
    deflateSync(rasterBytes({ height: TILE, width: TILE, bands: 4, seed }), { level: 1 }),
  );
  const random = randomStream(1, 0);
  const order = Array.from({ length: tileCount(layout) }, () => tiles[uniformInt(random, 0, DISTINCT - 1)]);
  const target = openSync(file, 'w');
  writeWhole(
    target,
    tiffHead(
      layout,
      order.map(({ length }) => length),
    ),
  );
  for (const tile of order) writeWhole(target, tile);
  closeSync(target);
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}
