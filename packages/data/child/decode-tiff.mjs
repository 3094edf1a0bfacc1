/**
 * The process that decodes TIFF files: one request at a time, over the channel that `fork` opens.
 *
 * A process of its own, because decoding in JavaScript takes seconds for a large file and a broken one may end the
 * process. It is plain JavaScript so that it runs from the sources as well as from the installed package.
 */
import { fromFile } from 'geotiff';
import { answerQuestions } from './answer-questions.mjs';
import { registerDecoders } from './decoders.mjs';

registerDecoders();
answerQuestions(decode);

/**
 * @param {string} file
 * @returns {Promise<import('../src/tiff-process.js').DecodedTiff>} samples pixel by pixel, as they are stored
 */
async function decode(file) {
  const tiff = await fromFile(file);
  try {
    const image = await tiff.getImage(0);
    const data = await image.readRasters({ interleave: true });
    return {
      height: image.getHeight(),
      width: image.getWidth(),
      samples: image.getSamplesPerPixel(),
      data: /** @type {import('../src/tiff-process.js').DecodedTiff['data']} */ (data),
    };
  } finally {
    await tiff.close();
  }
}
