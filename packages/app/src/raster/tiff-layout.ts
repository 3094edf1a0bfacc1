/**
 * A tiled TIFF or BigTIFF whose directory stands before its tiles: all bytes of the file but the tiles themselves.
 *
 * Nothing here holds pixels: tiles of known length are laid one after another, so that they can be copied from where they
 * were computed. BigTIFF begins where offsets no longer fit 32 bits. What a reader needs first comes first, so that
 * tiles can be had from a web server without the rest.
 *
 * [1] TIFF Revision 6.0, Adobe, 1992. [2] The BigTIFF design, libtiff. [3] OGC GeoTIFF 1.1. [4] GDAL's GTiff driver (42113).
 */
import type { GeoTags } from '@autoregseg/data';

export interface TiledTiff {
  readonly height: number;
  readonly width: number;
  /** A multiple of 16. */
  readonly tileSide: number;
  readonly samples: number;
  readonly bitsPerSample: 8 | 16;
  /** 1 black is zero, 2 RGB, 3 palette. */
  readonly photometric: 1 | 2 | 3;
  /** Red of all 256 values, then green, then blue, 0..65535. */
  readonly palette?: readonly number[];
  readonly extraSamples?: readonly number[];
  readonly geo: GeoTags;
  readonly nodata?: number;
}

/** Tiles, row by row: ceil(width / tileSide) in each. */
export function tileCount({ height, width, tileSide }: Pick<TiledTiff, 'height' | 'width' | 'tileSide'>): number {
  return Math.ceil(height / tileSide) * Math.ceil(width / tileSide);
}

type Entry = readonly [tag: number, type: Type, values: ArrayLike<number>];

/** TIFF types: ASCII, SHORT, LONG, DOUBLE, LONG8. */
type Type = 2 | 3 | 4 | 12 | 16;

const BYTES: Readonly<Record<Type, number>> = { 2: 1, 3: 2, 4: 4, 12: 8, 16: 8 };

const DEFLATE = 8;

/**
 * What stands before the tiles, which follow at once in their order.
 *
 * @param tileLengths - bytes of each tile, deflated (zlib)
 * @throws RangeError when there are not as many lengths as tiles
 */
export function tiffHead(tiff: TiledTiff, tileLengths: ArrayLike<number>): Buffer {
  const tiles = tileCount(tiff);
  if (tileLengths.length !== tiles)
    throw new RangeError(`tiffHead: ${tiles} tiles need as many lengths, got ${tileLengths.length}`);
  let bytes = 0;
  for (let tile = 0; tile < tiles; tile++) bytes += tileLengths[tile];
  // 32 bits, less room for the directory itself.
  const big = bytes + 16 * tiles + 2 ** 20 > 2 ** 32;
  const offsets = new Float64Array(tiles);
  const head = () => assemble([...entriesOf(tiff), [324, big ? 16 : 4, offsets], [325, 4, tileLengths]], big);
  // The directory's length does not depend on the offsets' values.
  let at = head().length;
  for (let tile = 0; tile < tiles; tile++) {
    offsets[tile] = at;
    at += tileLengths[tile];
  }
  return head();
}

function entriesOf(tiff: TiledTiff): Entry[] {
  const { height, width, tileSide, samples, bitsPerSample, photometric, palette, extraSamples, geo, nodata } = tiff;
  const { pixelScale, tiepoint, transformation, keys, doubles, ascii } = geo;
  const text = (value: string) => Buffer.from(`${value}\0`, 'latin1');
  const optional = (tag: number, type: Type, values: ArrayLike<number> | undefined): Entry[] =>
    values === undefined || values.length === 0 ? [] : [[tag, type, values]];
  return [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array.from({ length: samples }, () => bitsPerSample)],
    [259, 3, [DEFLATE]],
    [262, 3, [photometric]],
    [277, 3, [samples]],
    [284, 3, [1]],
    ...optional(320, 3, palette),
    [322, 3, [tileSide]],
    [323, 3, [tileSide]],
    ...optional(338, 3, extraSamples),
    [339, 3, Array.from({ length: samples }, () => 1)],
    ...optional(33550, 12, pixelScale),
    ...optional(33922, 12, tiepoint),
    ...optional(34264, 12, transformation),
    ...optional(34735, 3, keys),
    ...optional(34736, 12, doubles),
    ...optional(34737, 2, ascii === undefined ? undefined : text(ascii.replace(/\0+$/, ''))),
    ...optional(42113, 2, nodata === undefined ? undefined : text(String(nodata))),
  ];
}

/** Header, directory and the values that do not fit into it; little-endian. */
function assemble(entries: readonly Entry[], big: boolean): Buffer {
  const sorted = [...entries].sort(([a], [b]) => a - b);
  const [start, countSize, entrySize, pointer] = big ? [16, 8, 20, 8] : [8, 2, 12, 4];
  const directory = Buffer.alloc(start + countSize + entrySize * sorted.length + pointer);
  directory.write('II', 'latin1');
  directory.writeUInt16LE(big ? 43 : 42, 2);
  const writePointer = (value: number, at: number) =>
    big ? directory.writeBigUInt64LE(BigInt(value), at) : directory.writeUInt32LE(value, at);
  if (big) directory.writeUInt16LE(8, 4);
  writePointer(start, big ? 8 : 4);
  if (big) directory.writeBigUInt64LE(BigInt(sorted.length), start);
  else directory.writeUInt16LE(sorted.length, start);
  const outside: Buffer[] = [];
  let end = directory.length;
  sorted.forEach(([tag, type, values], index) => {
    const at = start + countSize + entrySize * index;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    writePointer(values.length, at + 4);
    const bytes = encoded(type, values);
    const place = at + 4 + pointer;
    if (bytes.length <= pointer) {
      bytes.copy(directory, place);
      return;
    }
    writePointer(end, place);
    // Values begin at even offsets [1].
    const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    outside.push(padded);
    end += padded.length;
  });
  return Buffer.concat([directory, ...outside]);
}

function encoded(type: Type, values: ArrayLike<number>): Buffer {
  const size = BYTES[type];
  const bytes = Buffer.alloc(size * values.length);
  for (let i = 0; i < values.length; i++) {
    const at = i * size;
    if (type === 2) bytes.writeUInt8(values[i], at);
    else if (type === 3) bytes.writeUInt16LE(values[i], at);
    else if (type === 4) bytes.writeUInt32LE(values[i], at);
    else if (type === 12) bytes.writeDoubleLE(values[i], at);
    else bytes.writeBigUInt64LE(BigInt(values[i]), at);
  }
  return bytes;
}
