/**
 * What an image file says about itself before anything is decoded: format, size, number of bands.
 *
 * Reading headers is fast and synchronous, so that a folder's faults (a text file named .png, mixed numbers of bands, an
 * absurd size) are known when it is opened, for all files at once.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UnreadableImageError } from './dataset.js';
import { nameOf, type ImageSource } from './image-source.js';
import { mostPixelsIn } from './plausible-size.js';
import { readTiffHeader, type ReadBytes, type TiffHeader } from './tiff-header.js';

export interface ImageHeader {
  readonly format: 'png' | 'jpeg' | 'webp' | 'tiff';
  /** As stored: an EXIF rotation may swap height and width. */
  readonly height: number;
  readonly width: number;
  /** Without alpha. Palettes, CMYK and YCbCr count as the RGB that they become. */
  readonly bands: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly tiff?: TiffHeader;
}

export interface HeaderOptions {
  /** More pixels than this are refused. @defaultValue as many as can be decoded in a gibibyte: 62914560 in 8-bit RGB */
  readonly maxPixels?: number;
  /** Whether samples that a TIFF tags as alpha are a mask or one more band. */
  readonly alpha: 'mask' | 'band';
}

/** @throws UnreadableImageError when it is no image of these formats, is cut off, or has too many pixels */
export function readImageHeader(source: ImageSource, { maxPixels, alpha }: HeaderOptions): ImageHeader {
  const file = nameOf(source);
  const [header, bytes] = unreadableUnless(file, () =>
    withBytes(source, (read, length) => [parse(read, alpha, length), length] as const),
  );
  const { height, width, bands } = header;
  const limit = maxPixels ?? pixelsInMemory(header);
  if (!(height * width > 0 && height * width <= limit)) {
    throw new UnreadableImageError(
      file,
      `its header says ${height}x${width} pixels of ${bands} bands, the limit is ${limit} pixels (maxPixels)`,
    );
  }
  if (height * width > mostPixelsIn(bytes, header)) {
    throw new UnreadableImageError(
      file,
      `its header says ${height}x${width} pixels of ${bands} bands, which its ${bytes} bytes cannot hold`,
    );
  }
  return header;
}

/** Bytes that one image may take while it is decoded: a gibibyte, less what the process takes by itself. */
const DECODING_BYTES = 15 * 2 ** 26;

/** How many pixels of that kind fit: float32 samples, and beside them the stored ones with alpha, grey as three. */
export function pixelsInMemory({ bands, depth }: ImageHeader): number {
  return Math.floor(DECODING_BYTES / (4 * bands + (depth / 8) * Math.max(4, bands + 1)));
}

/** How many samples at the end of a TIFF's pixel are alpha: 0 or 1. */
export function tiffAlphaSamples({ extraSamples }: TiffHeader, alpha: 'mask' | 'band'): 0 | 1 {
  const last = extraSamples.at(-1);
  return alpha === 'mask' && (last === 1 || last === 2) ? 1 : 0;
}

function unreadableUnless<Result>(file: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw new UnreadableImageError(file, (error as Error).message);
  }
}

function withBytes<Result>(source: ImageSource, action: (read: ReadBytes, length: number) => Result): Result {
  if (typeof source !== 'string') {
    const { bytes } = source;
    return action((position, length) => bytes.subarray(position, position + length), bytes.length);
  }
  const descriptor = openSync(source, 'r');
  try {
    return action((position, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
    }, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function parse(read: ReadBytes, alpha: 'mask' | 'band', bytes: number): ImageHeader {
  const start = read(0, 32);
  const tag = (from: number, to: number) => start.toString('latin1', from, to);
  if (tag(1, 4) === 'PNG') return parsePng(start);
  if (start[0] === 0xff && start[1] === 0xd8) return parseJpeg(read);
  if (tag(0, 4) === 'RIFF' && tag(8, 12) === 'WEBP') return parseWebp(start);
  if (/^(II[*+]\0|MM\0[*+])/.test(tag(0, 4))) {
    const tiff = readTiffHeader(read, bytes);
    const bands = tiff.photometric === 3 ? 3 : tiff.samples - tiffAlphaSamples(tiff, alpha);
    return { format: 'tiff', height: tiff.height, width: tiff.width, bands, depth: tiff.bitsPerSample[0], tiff };
  }
  throw new RangeError(start.length === 0 ? 'the file is empty' : 'not a PNG, JPEG, WebP or TIFF file');
}

/** The IHDR chunk always comes first; bit 1 of the colour type means colour. */
function parsePng(start: Buffer): ImageHeader {
  if (start.length < 26) throw new RangeError('the PNG header is cut off');
  const [width, height] = [start.readUInt32BE(16), start.readUInt32BE(20)];
  return { format: 'png', height, width, bands: (start[25] & 2) > 0 ? 3 : 1, depth: start[24] };
}

/** Walks the segments up to the frame header (SOF), which no thumbnail inside of a segment can hide. */
function parseJpeg(read: ReadBytes): ImageHeader {
  for (let position = 2; ;) {
    const segment = read(position, 10);
    if (segment.length < 10) throw new RangeError('the JPEG file ends before its frame header');
    const marker = segment[1];
    if (segment[0] !== 0xff) throw new RangeError('the JPEG file has no frame header');
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const [height, width, components] = [segment.readUInt16BE(5), segment.readUInt16BE(7), segment[9]];
      return { format: 'jpeg', height, width, bands: components === 1 ? 1 : 3, depth: segment[4] };
    }
    // A padding byte stands alone; every other marker before the frame has a length.
    position += marker === 0xff ? 1 : 2 + segment.readUInt16BE(2);
  }
}

function parseWebp(start: Buffer): ImageHeader {
  if (start.length < 30) throw new RangeError('the WebP header is cut off');
  const [width, height] = {
    'VP8 ': () => [start.readUInt16LE(26) & 0x3fff, start.readUInt16LE(28) & 0x3fff],
    VP8L: () => [(start.readUInt32LE(21) & 0x3fff) + 1, ((start.readUInt32LE(21) >>> 14) & 0x3fff) + 1],
    VP8X: () => [start.readUIntLE(24, 3) + 1, start.readUIntLE(27, 3) + 1],
  }[start.toString('latin1', 12, 16) as 'VP8 ' | 'VP8L' | 'VP8X']?.() ?? [0, 0];
  return { format: 'webp', height, width, bands: 3, depth: 8 };
}
