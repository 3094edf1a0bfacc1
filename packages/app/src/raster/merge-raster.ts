/** Parts of a raster's mask, made by one process or many, put together into one GeoTIFF. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { GeoTags } from '@autoregseg/data';
import { UserError } from '../errors.js';
import { paletteRgb } from '../pictures/palette.js';
import { MASK_NODATA } from './mask-tiles.js';
import { readPart, type PartSubject } from './part.js';
import { TILE_SIDE } from './plan.js';
import { tiffHead, tileCount, type TiledTiff } from './tiff-layout.js';

export interface MergedRaster {
  /** Pixels of each cluster, valid ones only. */
  readonly pixels: readonly number[];
  readonly subject: PartSubject;
}

export interface MergeOptions {
  /** Folder of the parts; removed when the mask is written. */
  readonly parts: string;
  /** The mask's file, written whole or not at all. */
  readonly out: string;
  readonly geo: GeoTags;
}

interface TilePlaces {
  readonly part: Int32Array;
  readonly offset: Float64Array;
  readonly bytes: Uint32Array;
}

/** @throws UserError when there are no parts, they do not belong together, or tiles are missing */
export function mergeRaster({ parts, out, geo }: MergeOptions): MergedRaster {
  const names = existsSync(parts)
    ? readdirSync(parts)
        .filter((name) => name.endsWith('.jsonl'))
        .sort()
        .map((name) => join(parts, name.slice(0, -'.jsonl'.length)))
    : [];
  const read = names.flatMap((path) => {
    const part = readPart(path);
    return part ? [{ path, ...part }] : [];
  });
  if (read.length === 0) throw new UserError(`${parts} holds no parts. Run the shards first: --shard 0/n to (n-1)/n.`);
  const { subject } = read[0];
  const other = read.find((part) => JSON.stringify(part.subject) !== JSON.stringify(subject));
  if (other) {
    throw new UserError(`${read[0].path} and ${other.path} are not of the same run, raster and options. Remove one.`);
  }
  const [height, width] = subject.size as [number, number];
  const clusters = subject.clusters as number;
  const mask: TiledTiff = {
    height,
    width,
    tileSide: TILE_SIDE,
    samples: 1,
    bitsPerSample: 8,
    photometric: 3,
    palette: colourMap(clusters),
    geo,
    nodata: MASK_NODATA,
  };
  const places = placesOf(read, tileCount(mask), parts);
  writeMask(out, tiffHead(mask, places.bytes), { files: read.map(({ path }) => `${path}.tiles`), places });
  rmSync(parts, { recursive: true });
  return { pixels: totals(read, clusters), subject };
}

type ReadPart = ReturnType<typeof readPart> & object;

function placesOf(parts: readonly ReadPart[], tiles: number, folder: string): TilePlaces {
  const part = new Int32Array(tiles).fill(-1);
  const offset = new Float64Array(tiles);
  const bytes = new Uint32Array(tiles);
  parts.forEach(({ done }, index) => {
    let at = 0;
    for (const [tile, length] of done.flatMap((block) => block.tiles)) {
      [part[tile], offset[tile], bytes[tile]] = [index, at, length];
      at += length;
    }
  });
  const missing = part.reduce((count, index) => count + (index < 0 ? 1 : 0), 0);
  if (missing > 0) {
    throw new UserError(
      `${missing} of ${tiles} tiles are missing in ${folder}, the first ${part.indexOf(-1)}. ` +
        'Run the shards that did not finish once more: each goes on where it stopped.',
    );
  }
  return { part, offset, bytes };
}

/** Blocks that two shards computed (another number of shards, an earlier try) count once. */
function totals(parts: readonly ReadPart[], clusters: number): number[] {
  const blocks = new Map(parts.flatMap(({ done }) => done.map((block) => [block.block, block.pixels] as const)));
  return Array.from({ length: clusters }, (_, cluster) =>
    [...blocks.values()].reduce((sum, pixels) => sum + pixels[cluster], 0),
  );
}

function writeMask(
  out: string,
  head: Uint8Array,
  { files, places }: { readonly files: readonly string[]; readonly places: TilePlaces },
): void {
  const temporary = `${out}.${process.pid}.tmp`;
  const sources = files.map((file) => openSync(file, 'r'));
  const target = openSync(temporary, 'w');
  try {
    writeWhole(target, head);
    for (let tile = 0; tile < places.bytes.length; tile++) {
      const bytes = Buffer.alloc(places.bytes[tile]);
      for (let got = 0; got < bytes.length;) {
        const more = readSync(sources[places.part[tile]], bytes, got, bytes.length - got, places.offset[tile] + got);
        if (more === 0) throw new UserError(`${files[places.part[tile]]} is shorter than its journal says.`);
        got += more;
      }
      writeWhole(target, bytes);
    }
    fsyncSync(target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    for (const file of [...sources, target]) closeSync(file);
  }
  renameSync(temporary, out);
}

/** TIFF's colour map: all reds, then greens, then blues, 16 bit; what is no cluster is white. */
function colourMap(clusters: number): number[] {
  const colours = paletteRgb(clusters);
  return [0, 1, 2].flatMap((channel) =>
    Array.from({ length: 256 }, (_, value) => 257 * (colours[value]?.[channel] ?? 255)),
  );
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}
