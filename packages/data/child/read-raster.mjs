/**
 * The process that reads windows of a raster: a TIFF file or a URL of one, which stays open from question to question.
 *
 * A process of its own, for the reasons of decode-tiff.mjs; what it decodes ahead, the asking process need not wait for.
 */
import { answerQuestions } from './answer-questions.mjs';
import { closeTiff, openTiff, optionalTag, readWindow } from './open-tiff.mjs';

/** @type {{ source: string, image: Promise<import('geotiff').GeoTIFFImage> } | undefined} */
let open;

answerQuestions(async (/** @type {import('../src/raster-process.js').RasterQuestion} */ { source, window }) => {
  try {
    if (open?.source !== source) {
      await open?.image.then(closeTiff, () => {});
      open = { source, image: openTiff(source) };
    }
    const image = await open.image;
    return window ? await decodedWindow(image, window) : await describe(image);
  } catch (error) {
    open = undefined;
    throw error;
  }
});

/**
 * @param {import('geotiff').GeoTIFFImage} image
 * @param {import('../src/raster-process.js').PixelWindow} window
 * @returns {Promise<import('../src/tiff-process.js').DecodedTiff>}
 */
async function decodedWindow(image, window) {
  const { height, width } = window;
  return { height, width, samples: image.getSamplesPerPixel(), data: await readWindow(image, window) };
}

/**
 * @param {import('geotiff').GeoTIFFImage} image
 * @returns {Promise<import('../src/raster-process.js').RasterDescription>}
 */
async function describe(image) {
  const directory = image.fileDirectory;
  const text = String((await optionalTag(directory, 42113)) ?? '');
  /** @type {(tag: number) => Promise<number[] | undefined>} */
  const numbers = async (tag) => {
    const value = await optionalTag(directory, tag);
    return value === undefined ? undefined : Array.from(/** @type {ArrayLike<number>} */ (value), Number);
  };
  const ascii = await optionalTag(directory, 34737);
  return {
    height: image.getHeight(),
    width: image.getWidth(),
    samples: image.getSamplesPerPixel(),
    bitsPerSample: (await numbers(258)) ?? [1],
    sampleFormat: (await numbers(339))?.[0] ?? 1,
    photometric: Number(await optionalTag(directory, 262)),
    planar: Number((await optionalTag(directory, 284)) ?? 1),
    compression: Number((await optionalTag(directory, 259)) ?? 1),
    orientation: Number((await optionalTag(directory, 274)) ?? 1),
    extraSamples: (await numbers(338)) ?? [],
    ...(/^\s*(nan|[-+.\d])/i.test(text) && { nodata: Number.parseFloat(text) }),
    georeferenced: [33550, 34264, 34735].some((tag) => directory.hasTag(tag)),
    block: [image.getTileHeight(), image.getTileWidth()],
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
