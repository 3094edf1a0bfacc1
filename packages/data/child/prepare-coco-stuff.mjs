/** The process that scales one image of COCO-Stuff and its label at a question. */
import { readFile } from 'node:fs/promises';
import { decode, encode } from 'fast-png';
import sharp from 'sharp';
import { answerQuestions } from './answer-questions.mjs';
import { rounded, scaleImage, scaleLabels } from './scale.mjs';
import { writeWhole } from './write-whole.mjs';

// One image at a time in each of the processes: threads of one would only wait for those of another.
sharp.concurrency(1);

/** @typedef {import('../src/prepare-coco-stuff.js').ImageQuestion} ImageQuestion */

answerQuestions(async (/** @type {ImageQuestion} */ question) => {
  await prepare(question);
  return {};
});

/** @param {ImageQuestion} question */
async function prepare({ image, label, imageOut, labelOut, scale, lastId }) {
  const [{ data, info }, ids] = await Promise.all([photograph(image), labelIds(label)]);
  if (ids.height !== info.height || ids.width !== info.width) {
    throw new RangeError(`${label}: the label is ${ids.height}x${ids.width}, its image ${info.height}x${info.width}`);
  }
  const wrong = ids.data.findIndex((id) => id > lastId && id !== 255);
  if (wrong >= 0) {
    const [row, column] = [Math.floor(wrong / ids.width), wrong % ids.width];
    throw new RangeError(
      `${label}: number ${ids.data[wrong]} at row ${row}, column ${column}; 0 to ${lastId} and 255 exist`,
    );
  }
  const scaled = scaleImage(data, [info.height, info.width, 3], scale);
  const [height, width] = scaled.shape;
  const small = scaleLabels(ids.data, [ids.height, ids.width], scale);
  // The image last: where it is, its label is.
  await writeWhole(labelOut, encode({ width, height, data: small, channels: 1, depth: 8 }));
  const raw = { width, height, channels: /** @type {const} */ (3) };
  await writeWhole(imageOut, await sharp(rounded(scaled.data), { raw }).png().toBuffer());
}

/** @param {string} file */
async function photograph(file) {
  try {
    return await sharp(file, { failOn: 'error' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new RangeError(`${file}: ${/** @type {Error} */ (error).message.replaceAll(/\s+/g, ' ')}`);
  }
}

/** @param {string} file */
async function labelIds(file) {
  try {
    const { data, width, height, channels, depth } = decode(await readFile(file), { checkCrc: true });
    if (channels !== 1 || depth !== 8)
      throw new RangeError(`it has ${channels} channels of ${depth} bits, one of 8 is expected`);
    return { data: Uint8Array.from(data), width, height };
  } catch (error) {
    throw new RangeError(`${file}: ${/** @type {Error} */ (error).message}`);
  }
}
