/** Which of a list of files and folders are rasters, to be read by windows, and which are images, to be read whole. */
import { extname } from 'node:path';
import { UnreadableImageError } from './dataset.js';
import { listFiles, type ListedFile } from './file-listing.js';
import { IMAGE_EXTENSIONS } from './folder.js';
import { pixelsInMemory, readImageHeader } from './image-header.js';
import { MAX_TIFF_BYTES } from './decode-image.js';

export interface RasterSource {
  /** Path or URL. */
  readonly source: string;
  /** Path inside of its folder without extension, forward slashes; for a file given itself and a URL, its name. */
  readonly id: string;
}

export interface SeparatedRasters {
  readonly rasters: readonly RasterSource[];
  /** What is left: the places as given where they hold no raster, else the other files. */
  readonly others: readonly string[];
}

/**
 * Rasters are the TIFFs that are georeferenced, those too large to be decoded at once, and http(s) URLs.
 *
 * @param places - folders, files, URLs
 * @throws RangeError when a place does not exist, holds no image, or two rasters have the same id
 */
export function separateRasters(places: readonly string[]): SeparatedRasters {
  const urls = places.filter((place) => /^https?:/.test(place));
  const local = places.filter((place) => !/^https?:/.test(place));
  const files = local.length > 0 ? listFiles(local, IMAGE_EXTENSIONS) : [];
  const tiffs = files.filter(({ path }) => isRaster(path));
  const rasters = [
    ...tiffs.map(({ path, stem }: ListedFile) => ({ source: path, id: stem })),
    ...urls.map((source) => ({ source, id: nameOf(source) })),
  ];
  const twice = rasters.find(({ id }, index) => rasters.findIndex((other) => other.id === id) < index);
  if (twice) throw new RangeError(`separateRasters: two rasters are called '${twice.id}'; give them one at a time`);
  const others = tiffs.length === 0 ? local : files.filter((file) => !tiffs.includes(file)).map(({ path }) => path);
  return { rasters, others };
}

function isRaster(path: string): boolean {
  if (!/\.tiff?$/i.test(path)) return false;
  try {
    const header = readImageHeader(path, { maxPixels: Infinity, alpha: 'mask' });
    const { tiff } = header;
    if (!tiff) return false;
    const bytes = (tiff.height * tiff.width * tiff.samples * tiff.bitsPerSample[0]) / 8;
    return tiff.georeferenced || header.height * header.width > pixelsInMemory(header) || bytes > MAX_TIFF_BYTES;
  } catch (error) {
    // Left among the images, which are told about and skipped.
    if (error instanceof UnreadableImageError) return false;
    throw error;
  }
}

function nameOf(url: string): string {
  const name = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
  return name.slice(0, name.length - extname(name).length) || 'raster';
}
