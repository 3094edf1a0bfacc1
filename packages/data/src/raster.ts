/**
 * A raster of any size: opened without reading its pixels, read window by window.
 *
 * TIFF and BigTIFF, tiled or in strips, from a file or by HTTP range requests (a cloud-optimized GeoTIFF). Memory is that
 * of one window and a bounded cache of decoded tiles, whatever the raster's size.
 */
import { cropSample } from './crop.js';
import { UnreadableImageError } from './dataset.js';
import { MAX_TIFF_BYTES } from './decode-image.js';
import type { ChildChannel } from './child-channel.js';
import { readImageHeader, tiffAlphaSamples } from './image-header.js';
import { decodingPatienceMs } from './patience.js';
import { maskedImage, readImage, type MaskedImage } from './read-image.js';
import { rasterChannel, type GeoTags, type PixelWindow, type RasterDescription } from './raster-process.js';
import type { DecodedTiff } from './tiff-process.js';

export interface OpenRasterOptions {
  /** The samples that become 0 and 1. @defaultValue the whole range of an integer type, 0..1 for floats */
  readonly range?: readonly [low: number, high: number];
  /** What an alpha sample is. @defaultValue 'mask' */
  readonly alpha?: 'mask' | 'band';
  /** What a pixel of a palette is: the colours it stands for, or its number. @defaultValue 'colours' */
  readonly palette?: 'colours' | 'indices';
}

export interface Raster {
  /** Path or URL. */
  readonly source: string;
  readonly height: number;
  readonly width: number;
  /** Without alpha. */
  readonly bands: number;
  readonly isTiled: boolean;
  readonly geo: GeoTags;
  /**
   * float32 0..1 as `readImage` gives it, with a mask of what is there; invalid pixels are 0.
   *
   * @param window - within the raster
   * @throws UnreadableImageError when that part of the file cannot be decoded
   */
  read(window: PixelWindow): Promise<MaskedImage>;
  close(): Promise<void>;
}

/**
 * Opens a TIFF for reading by windows. Kinds that only a whole-image decoder reads faithfully (palette, YCbCr, turned by
 * an orientation tag) are decoded at once where they are small enough, and served from memory.
 *
 * @param source - path, or http(s) URL
 * @throws UnreadableImageError when it is no TIFF, or of a kind that is not read
 * @example
 * const raster = await openRaster('city.tif');
 * const { image, valid } = await raster.read({ top: 0, left: 0, height: 512, width: 512 });
 */
export async function openRaster(source: string, options: OpenRasterOptions = {}): Promise<Raster> {
  const channel = rasterChannel();
  try {
    return await openRasterOn(channel, source, options);
  } catch (error) {
    await channel.close();
    throw error;
  }
}

/** As `openRaster`, by a child that is there; `close` ends it. */
export async function openRasterOn(
  channel: ChildChannel,
  source: string,
  options: OpenRasterOptions = {},
): Promise<Raster> {
  const { range, alpha = 'mask', palette = 'colours' } = options;
  const isRemote = /^https?:/.test(source);
  if (!isRemote) checkHeader(source, alpha);
  const patience = (bytes: number) => ({ patienceMs: decodingPatienceMs(bytes) + (isRemote ? SERVER_MS : 0) });
  const description = await channel.ask<RasterDescription>({ source }, patience(0));
  const fault = faultOf(description, palette);
  if (fault !== undefined) {
    await channel.close();
    return wholeRaster(source, description, { fault, range, alpha });
  }
  const { height, width, samples, isTiled, geo, nodata } = description;
  const alphas = tiffAlphaSamples(description, alpha);
  return {
    source,
    height,
    width,
    bands: samples - alphas,
    isTiled,
    geo,
    async read(window) {
      checkWindow(source, window, [height, width]);
      const bytes = decodedBytes(source, window, description);
      const { data } = await channel.ask<DecodedTiff>({ source, window }, patience(bytes));
      const decoded = { ...window, bands: samples - alphas, hasAlpha: alphas === 1, data };
      return maskedImage(source, decoded, { range, nodata });
    },
    close: () => channel.close(),
  };
}

/** How much longer a web server may take for one answer. */
const SERVER_MS = 60_000;

/** What can be known to be wrong without a decoder: no TIFF, or one that claims more than its bytes can hold. */
function checkHeader(source: string, alpha: 'mask' | 'band'): void {
  const { format } = readImageHeader(source, { maxPixels: Infinity, alpha });
  if (format !== 'tiff')
    throw new UnreadableImageError(source, `a raster is a TIFF, got a ${format.toUpperCase()} file`);
}

/**
 * Bytes of samples in the tiles or strips that a window touches.
 *
 * @throws UnreadableImageError when the window itself is more than the decoding process may hand over
 */
function decodedBytes(
  source: string,
  { top, left, height, width }: PixelWindow,
  { samples, bitsPerSample, block }: RasterDescription,
): number {
  const pixelBytes = (samples * bitsPerSample[0]) / 8;
  if (height * width * pixelBytes > MAX_TIFF_BYTES) {
    throw new UnreadableImageError(
      source,
      `a window of ${height}x${width} pixels of ${samples} samples is more than ${MAX_TIFF_BYTES} bytes; read smaller ones`,
    );
  }
  const covered = (start: number, length: number, side: number) =>
    side * (Math.floor((start + length - 1) / side) - Math.floor(start / side) + 1);
  return covered(top, height, block[0]) * covered(left, width, block[1]) * pixelBytes;
}

/** Why windows of such a file cannot be read; undefined when they can. */
function faultOf(
  { photometric, orientation, bitsPerSample }: RasterDescription,
  palette: OpenRasterOptions['palette'],
): string | undefined {
  const read = photometric === 1 || photometric === 2 || (photometric === 3 && palette === 'indices');
  if (!read) return `of photometric kind ${photometric}`;
  if (orientation !== 1) return `with orientation ${orientation}`;
  if (bitsPerSample.some((bits) => bits !== bitsPerSample[0] || ![8, 16, 32, 64].includes(bits))) {
    return `with samples of ${bitsPerSample.join(', ')} bits`;
  }
  return undefined;
}

/** Pixels of a raster that windows cannot read, at most: it is decoded at once. */
const MAX_WHOLE_PIXELS = 16383 ** 2;

interface WholeOptions extends Required<Pick<OpenRasterOptions, 'alpha'>> {
  readonly fault: string;
  readonly range?: readonly [number, number];
}

async function wholeRaster(
  source: string,
  { height, width, isTiled, geo }: RasterDescription,
  { fault, range, alpha }: WholeOptions,
): Promise<Raster> {
  if (/^https?:/.test(source) || height * width > MAX_WHOLE_PIXELS) {
    throw new UnreadableImageError(source, `a TIFF ${fault} is not read by windows; save it as RGB or grey, upright`);
  }
  const whole = await readImage(source, { maxPixels: MAX_WHOLE_PIXELS, alpha, range });
  const [rows, columns, bands] = whole.image.shape;
  return {
    source,
    height: rows,
    width: columns,
    bands,
    isTiled,
    geo,
    async read(window) {
      checkWindow(source, window, [rows, columns]);
      return cropSample({ id: source, ...whole }, [window.top, window.left], [window.height, window.width]);
    },
    async close() {},
  };
}

function checkWindow(
  source: string,
  { top, left, height, width }: PixelWindow,
  [rows, columns]: readonly [number, number],
): void {
  if (height > 0 && width > 0 && top >= 0 && left >= 0 && top + height <= rows && left + width <= columns) return;
  throw new RangeError(
    `read: the window must lie within ${source}, got ${height}x${width} at (${top}, ${left}) of ${rows}x${columns}`,
  );
}
