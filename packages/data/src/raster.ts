/**
 * A raster of any size: opened without reading its pixels, read window by window.
 *
 * TIFF and BigTIFF, tiled or in strips, from a file or by HTTP range requests (a cloud-optimized GeoTIFF). Memory is that
 * of one window and a bounded cache of decoded tiles, whatever the raster's size.
 */
import { cropSample } from './crop.js';
import { UnreadableImageError } from './dataset.js';
import { tiffAlphaSamples } from './image-header.js';
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
  const { range, alpha = 'mask', palette = 'colours' } = options;
  const channel = rasterChannel();
  try {
    const description = await channel.ask<RasterDescription>({ source });
    const fault = faultOf(description, palette);
    if (fault !== undefined) {
      await channel.close();
      return await wholeRaster(source, description, { fault, range, alpha });
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
        const { data } = await channel.ask<DecodedTiff>({ source, window });
        const decoded = { ...window, bands: samples - alphas, hasAlpha: alphas === 1, data };
        return maskedImage(source, decoded, { range, nodata });
      },
      close: () => channel.close(),
    };
  } catch (error) {
    await channel.close();
    throw error;
  }
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
