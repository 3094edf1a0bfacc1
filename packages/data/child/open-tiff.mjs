/** Opens a TIFF for reading by windows: decoded tiles and strips are kept, and a file that is cut off is refused. */
import { stat } from 'node:fs/promises';
import { fromFile, fromUrl, getDecoder } from 'geotiff';
import { registerDecoders } from './decoders.mjs';

registerDecoders();

/** Bytes of decoded tiles or strips that are kept: windows overlap, and a strip serves all windows of its rows. */
const CACHE_BYTES = 256 * 2 ** 20;

/** Compressions that hold samples as they are, and need no tables: none, LZW, deflate (two numbers), PackBits. */
const PLAIN = [1, 5, 8, 32946, 32773];

/** @typedef {import('geotiff').GeoTIFFImage} GeoTIFFImage */

/**
 * @param {string} source path or URL
 * @returns {Promise<GeoTIFFImage>}
 */
export async function openTiff(source) {
  const tiff = await (/^https?:/.test(source) ? fromUrl(source) : fromFile(source));
  const image = await tiff.getImage(0);
  keepBlocks(image);
  return image;
}

/** @param {GeoTIFFImage} image */
export async function closeTiff({ source }) {
  await /** @type {{ close?: () => Promise<void> }} */ (source).close?.();
}

/** @typedef {import('../src/raster-process.js').PixelWindow} PixelWindow */

/**
 * @param {GeoTIFFImage} image
 * @param {PixelWindow} window
 * @returns {Promise<import('../src/tiff-process.js').TiffSamples>} [height, width, samples], row-major
 */
export async function readWindow(image, window) {
  if (await holdsBytes(image)) return readBytes(image, window);
  const { top, left, height, width } = window;
  const data = await image.readRasters({ window: [left, top, left + width, top + height], interleave: true });
  return /** @type {import('../src/tiff-process.js').TiffSamples} */ (/** @type {unknown} */ (data));
}

/**
 * Whether samples are unsigned bytes, pixel by pixel.
 *
 * @param {GeoTIFFImage} image
 */
async function holdsBytes(image) {
  const bits = /** @type {ArrayLike<number> | undefined} */ (await optionalTag(image.fileDirectory, 258));
  const formats = /** @type {ArrayLike<number> | undefined} */ (await optionalTag(image.fileDirectory, 339));
  const all = (/** @type {ArrayLike<number> | undefined} */ values, /** @type {number} */ value) =>
    Array.from(values ?? [value]).every((other) => other === value);
  const planar = (await optionalTag(image.fileDirectory, 284)) ?? 1;
  return (
    bits !== undefined && all(bits, 8) && all(formats, 1) && planar === 1 && PLAIN.includes(await compressionOf(image))
  );
}

/** @param {GeoTIFFImage} image */
async function compressionOf(image) {
  return Number((await optionalTag(image.fileDirectory, 259)) ?? 1);
}

/**
 * Copies whole rows of the decoded tiles or strips, where geotiff asks for each sample by a function call.
 *
 * @param {GeoTIFFImage} image
 * @param {PixelWindow} window
 */
async function readBytes(image, { top, left, height, width }) {
  const samples = image.getSamplesPerPixel();
  const [tileHeight, tileWidth] = [image.getTileHeight(), image.getTileWidth()];
  const decoder = await decoderOf(image, [tileHeight, tileWidth]);
  const pixels = new Uint8Array(height * width * samples);
  for (let down = Math.floor(top / tileHeight); down * tileHeight < top + height; down++) {
    const [first, last] = [Math.max(top, down * tileHeight), Math.min(top + height, (down + 1) * tileHeight)];
    for (let right = Math.floor(left / tileWidth); right * tileWidth < left + width; right++) {
      const [from, to] = [Math.max(left, right * tileWidth), Math.min(left + width, (right + 1) * tileWidth)];
      const { data } = await image.getTileOrStrip(right, down, 0, decoder);
      const block = new Uint8Array(data);
      for (let row = first; row < last; row++) {
        const start = ((row - down * tileHeight) * tileWidth + from - right * tileWidth) * samples;
        const line = block.subarray(start, start + (to - from) * samples);
        if (line.length < (to - from) * samples) throw new RangeError(`row ${row} is cut off`);
        pixels.set(line, ((row - top) * width + from - left) * samples);
      }
    }
  }
  return pixels;
}

/**
 * @param {GeoTIFFImage} image
 * @param {readonly [height: number, width: number]} tile
 */
async function decoderOf(image, [tileHeight, tileWidth]) {
  const { fileDirectory, planarConfiguration } = image;
  const bits = /** @type {ArrayLike<number>} */ (await optionalTag(fileDirectory, 258));
  return getDecoder(await compressionOf(image), {
    tileWidth,
    tileHeight,
    predictor: Number((await optionalTag(fileDirectory, 317)) ?? 1),
    bitsPerSample: Array.from(bits),
    planarConfiguration,
  });
}

/**
 * @param {GeoTIFFImage['fileDirectory']} directory
 * @param {number} tag
 * @returns {Promise<unknown>}
 */
export async function optionalTag(directory, tag) {
  return directory.hasTag(tag) ? directory.loadValue(tag) : undefined;
}

/**
 * Whether all strips or tiles lie within the file.
 *
 * @param {string} file
 * @param {GeoTIFFImage} image
 * @throws {RangeError} naming the first row that is not there
 */
export async function checkWhole(file, image) {
  const { size } = await stat(file);
  const tiled = image.isTiled;
  const [offsets, counts] = await Promise.all(
    (tiled ? [324, 325] : [273, 279]).map(async (tag) =>
      Array.from(/** @type {ArrayLike<number>} */ (await optionalTag(image.fileDirectory, tag)), Number),
    ),
  );
  const missing = offsets.findIndex((offset, block) => offset + counts[block] > size);
  if (missing < 0) return;
  const across = tiled ? Math.ceil(image.getWidth() / image.getTileWidth()) : 1;
  const row = Math.floor(missing / across) * image.getTileHeight();
  const needed = offsets.reduce((most, offset, block) => Math.max(most, offset + counts[block]), 0);
  throw new RangeError(`it is cut off: pixels from row ${row} on are missing (${size} bytes of at least ${needed})`);
}

/**
 * Keeps the decoded tiles or strips that were used last.
 *
 * @param {GeoTIFFImage} image
 */
function keepBlocks(image) {
  const read = image.getTileOrStrip.bind(image);
  /** @type {Map<string, { block: ReturnType<typeof read>, bytes: number }>} */
  const kept = new Map();
  let total = 0;
  image.getTileOrStrip = (x, y, sample, ...rest) => {
    const key = `${x},${y},${sample}`;
    const known = kept.get(key);
    kept.delete(key);
    const entry = known ?? { block: read(x, y, sample, ...rest), bytes: 0 };
    kept.set(key, entry);
    if (known) return entry.block;
    return entry.block.then(
      (block) => {
        entry.bytes = block.data.byteLength;
        total += entry.bytes;
        for (const [oldest, { bytes }] of kept) {
          if (total <= CACHE_BYTES) break;
          kept.delete(oldest);
          total -= bytes;
        }
        return block;
      },
      (error) => {
        kept.delete(key);
        throw error;
      },
    );
  };
}
