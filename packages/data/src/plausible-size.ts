/**
 * Whether a file can hold as many pixels as its header says: a few hundred bytes that claim fifty million are refused
 * before anybody decodes grey for seconds.
 */
import type { TiffHeader } from './tiff-header.js';

/** What a header says of how pixels are stored. */
interface StoredKind {
  readonly format: 'png' | 'jpeg' | 'webp' | 'tiff';
  readonly bands: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly tiff?: TiffHeader;
}

/** The most bytes that a byte of a deflate stream stands for, zlib's own figure, rounded up; LZW and PackBits give less. */
const DEFLATE_RATIO = 1100;

/** A JPEG spends at least a bit on each block of 64 values; with colour at half size a block stands for more pixels. */
const JPEG_PIXELS_PER_BYTE = 1024;

/** TIFF's code for samples as they are. */
const UNCOMPRESSED = 1;

/** @returns the most pixels that a file of so many bytes holds; Infinity where the format sets no bound */
export function mostPixelsIn(bytes: number, { format, bands, depth, tiff }: StoredKind): number {
  switch (format) {
    case 'jpeg':
      return bytes * JPEG_PIXELS_PER_BYTE;
    case 'png':
      // A palette's colours count as three bands of eight bits and are stored as one index of `depth` bits, or less.
      return (bytes * DEFLATE_RATIO * 8) / depth;
    case 'tiff': {
      const stored = (8 * bytes) / ((tiff?.bitsPerSample[0] ?? depth) * (tiff?.samples ?? bands));
      return tiff?.compression === UNCOMPRESSED ? stored : stored * DEFLATE_RATIO;
    }
    case 'webp':
      return Infinity; // One colour all over takes a few bytes whatever its size.
  }
}
