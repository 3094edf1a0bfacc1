/**
 * The first directory of a TIFF or BigTIFF file, read without decoding anything.
 *
 * Which decoder is right for a TIFF, and whether its extra samples are alpha or bands, stands in these tags only [1].
 *
 * [1] TIFF Revision 6.0, Adobe, 1992: sections 2 (structure) and 8, 18 (tags).
 */

/** Reads bytes of the file at a position; fewer at its end. */
export type ReadBytes = (position: number, length: number) => Buffer;

export interface TiffHeader {
  readonly height: number;
  readonly width: number;
  /** Samples of a pixel, alpha included. */
  readonly samples: number;
  readonly bitsPerSample: readonly number[];
  /** 1 unsigned, 2 signed, 3 float. */
  readonly sampleFormat: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 6 YCbCr. */
  readonly photometric: number;
  /** 1 pixel by pixel, 2 band by band. */
  readonly planar: number;
  readonly compression: number;
  /** 1 = as it stands. */
  readonly orientation: number;
  /** What the samples beyond the colours are: 0 unspecified, 1 and 2 alpha. */
  readonly extraSamples: readonly number[];
  /** GDAL's nodata tag, where it is a number or nan. */
  readonly nodata?: number;
  /** Has the tags that say where pixels lie on the ground. */
  readonly georeferenced: boolean;
}

/** Bytes of one value by TIFF type; a type that is not here holds no tag of interest. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 12: 8, 16: 8 };

/** Pixel scale, transformation, GeoTIFF keys. */
const GEO_TAGS = [33550, 34264, 34735];

const MAX_ENTRIES = 4096;
const MAX_VALUES = 4096;

/**
 * @param bytes - of the whole file
 * @throws RangeError saying what is wrong with the file
 */
export function readTiffHeader(read: ReadBytes, bytes = Infinity): TiffHeader {
  const tags = readTags(read, bytes);
  const number = (tag: number, otherwise?: number): number => {
    const value = tags.get(tag)?.[0] ?? otherwise;
    if (value === undefined) throw new RangeError(`the TIFF header lacks tag ${tag}`);
    return value;
  };
  const samples = number(277, 1);
  const nodataText = String.fromCharCode(...(tags.get(42113) ?? []));
  return {
    height: number(257),
    width: number(256),
    samples,
    bitsPerSample: tags.get(258) ?? [1],
    sampleFormat: number(339, 1),
    photometric: number(262),
    planar: number(284, 1),
    compression: number(259, 1),
    orientation: number(274, 1),
    extraSamples: tags.get(338) ?? [],
    ...(/^\s*(nan|[-+.\d])/i.test(nodataText) && { nodata: Number.parseFloat(nodataText) }),
    georeferenced: GEO_TAGS.some((tag) => tags.has(tag)),
  };
}

function readTags(read: ReadBytes, bytes: number): Map<number, number[]> {
  const start = read(0, 16);
  const little = start.toString('latin1', 0, 2) === 'II';
  const number = (bytes: Buffer, at: number, size: number): number => {
    if (at + size > bytes.length) throw new RangeError('the TIFF header is cut off');
    if (size === 8) return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return little ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  };
  const big = number(start, 2, 2) === 43;
  const [countSize, entrySize, pointer] = big ? [8, 20, 8] : [2, 12, 4];
  const directory = number(start, big ? 8 : 4, pointer);
  const count = number(read(directory, countSize), 0, countSize);
  if (count > MAX_ENTRIES) throw new RangeError(`the TIFF header claims ${count} entries`);
  const entries = read(directory + countSize, count * entrySize);
  const tags = new Map<number, number[]>();
  for (let entry = 0; entry < count; entry++) {
    const at = entry * entrySize;
    const size = SIZES[number(entries, at + 2, 2)];
    const length = number(entries, at + 4, pointer);
    // A decoder may make room for all of them before it reads the first.
    if (length > bytes) throw new RangeError(`the TIFF header claims ${length} values of a tag in ${bytes} bytes`);
    if (size === undefined || length > MAX_VALUES) continue;
    const inline = size * length <= pointer;
    const values = inline
      ? entries.subarray(at + 4 + pointer)
      : read(number(entries, at + 4 + pointer, pointer), size * length);
    tags.set(
      number(entries, at, 2),
      Array.from({ length }, (_, index) => number(values, index * size, size)),
    );
  }
  return tags;
}
