/** The tiles of a block of clusters: bytes as the mask's file has them, deflated on zlib's own threads. */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { TILE_SIDE, type Block, type RasterPlan } from './plan.js';

/** Pixel value of "no cluster", and the mask's nodata tag. */
export const MASK_NODATA = 255;

const pack = promisify(deflate);

/**
 * @param clusters - [height * width] of the block, 0..254 or MASK_NODATA
 * @returns the raster's tiles that the block is made of, by their index
 */
export function deflateTiles(
  clusters: Uint8Array,
  { place }: Block,
  { width }: Pick<RasterPlan, 'width'>,
): Promise<(readonly [tile: number, bytes: Uint8Array])[]> {
  const across = Math.ceil(width / TILE_SIDE);
  const tiles: Promise<readonly [number, Uint8Array]>[] = [];
  for (let top = 0; top < place.height; top += TILE_SIDE) {
    for (let left = 0; left < place.width; left += TILE_SIDE) {
      const tile = ((place.top + top) / TILE_SIDE) * across + (place.left + left) / TILE_SIDE;
      const bytes = cut(clusters, [place.height, place.width], [top, left]);
      tiles.push(pack(bytes).then((packed) => [tile, packed] as const));
    }
  }
  return Promise.all(tiles);
}

/** One tile; what lies beyond the block, and so beyond the raster, is nodata. */
function cut(
  clusters: Uint8Array,
  [height, width]: readonly [number, number],
  [top, left]: readonly [number, number],
): Uint8Array {
  const tile = new Uint8Array(TILE_SIDE * TILE_SIDE).fill(MASK_NODATA);
  const columns = Math.min(TILE_SIDE, width - left);
  for (let row = 0; row < Math.min(TILE_SIDE, height - top); row++) {
    const from = (top + row) * width + left;
    tile.set(clusters.subarray(from, from + columns), row * TILE_SIDE);
  }
  return tile;
}
