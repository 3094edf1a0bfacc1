/**
 * The process that reads windows of a raster: a TIFF file or a URL of one, which stays open from question to question.
 *
 * A process of its own, for the reasons of decode-tiff.mjs; what it decodes ahead, the asking process need not wait for.
 */
import { fromFile, fromUrl } from 'geotiff';
import { registerDecoders } from './decoders.mjs';

registerDecoders();

/** Bytes of decoded tiles or strips that are kept: windows overlap, and a strip serves all windows of its rows. */
const CACHE_BYTES = 256 * 2 ** 20;

/** @type {{ source: string, image: Promise<import('geotiff').GeoTIFFImage> } | undefined} */
let open;

process.on('message', async (/** @type {import('../src/raster-process.js').RasterQuestion} */ question) => {
  try {
    if (open?.source !== question.source) open = { source: question.source, image: openImage(question.source) };
    const image = await open.image;
    process.send?.(question.window ? await readWindow(image, question.window) : await describe(image));
  } catch (error) {
    open = undefined;
    process.send?.({ error: error instanceof Error ? error.message : String(error) });
  }
});

/** @param {string} source */
async function openImage(source) {
  const tiff = await (/^https?:/.test(source) ? fromUrl(source) : fromFile(source));
  const image = await tiff.getImage(0);
  keepBlocks(image);
  return image;
}

/**
 * @param {import('geotiff').GeoTIFFImage} image
 * @param {import('../src/raster-process.js').PixelWindow} window
 * @returns {Promise<import('../src/tiff-process.js').DecodedTiff>}
 */
async function readWindow(image, { top, left, height, width }) {
  const data = await image.readRasters({ window: [left, top, left + width, top + height], interleave: true });
  return {
    height,
    width,
    samples: image.getSamplesPerPixel(),
    data: /** @type {import('../src/tiff-process.js').TiffSamples} */ (/** @type {unknown} */ (data)),
  };
}

/**
 * @param {import('geotiff').GeoTIFFImage} image
 * @returns {Promise<import('../src/raster-process.js').RasterDescription>}
 */
async function describe(image) {
  const directory = image.fileDirectory;
  const text = String((await optional(directory, 42113)) ?? '');
  /** @type {(tag: number) => Promise<number[] | undefined>} */
  const numbers = async (tag) => {
    const value = await optional(directory, tag);
    return value === undefined ? undefined : Array.from(/** @type {ArrayLike<number>} */ (value), Number);
  };
  const ascii = await optional(directory, 34737);
  return {
    height: image.getHeight(),
    width: image.getWidth(),
    samples: image.getSamplesPerPixel(),
    bitsPerSample: (await numbers(258)) ?? [1],
    sampleFormat: (await numbers(339))?.[0] ?? 1,
    photometric: Number(await optional(directory, 262)),
    planar: Number((await optional(directory, 284)) ?? 1),
    compression: Number((await optional(directory, 259)) ?? 1),
    orientation: Number((await optional(directory, 274)) ?? 1),
    extraSamples: (await numbers(338)) ?? [],
    ...(/^\s*(nan|[-+.\d])/i.test(text) && { nodata: Number.parseFloat(text) }),
    isTiled: image.isTiled,
    geo: {
      pixelScale: await numbers(33550),
      tiepoint: await numbers(33922),
      transformation: await numbers(34264),
      keys: await numbers(34735),
      doubles: await numbers(34736),
      ascii: ascii === undefined ? undefined : String(ascii),
    },
  };
}

/**
 * @param {import('geotiff').GeoTIFFImage['fileDirectory']} directory
 * @param {number} tag
 * @returns {Promise<unknown>}
 */
async function optional(directory, tag) {
  return directory.hasTag(tag) ? directory.loadValue(tag) : undefined;
}

/**
 * Keeps the decoded tiles or strips that were used last.
 *
 * @param {import('geotiff').GeoTIFFImage} image
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
