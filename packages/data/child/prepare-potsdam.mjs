/**
 * The process that cuts a tile of Potsdam into crops, one row of crops at a question; the first one checks the tile.
 *
 * A process of its own, so that all cores work, and because a damaged tile may end it. Memory is that of one row of crops
 * and of the strips or tiles it lies in.
 */
import { join } from 'node:path';
import { encode } from 'fast-png';
import { answerQuestions } from './answer-questions.mjs';
import { checkWhole, openTiff, readWindow } from './open-tiff.mjs';
import { rounded, scaleImage, scaleLabels } from './scale.mjs';
import { writeWhole } from './write-whole.mjs';
import { tiffOfBands } from './write-tiff.mjs';

/** @typedef {import('../src/prepare-potsdam.js').TileQuestion} TileQuestion */
/** @typedef {import('../src/prepare-potsdam.js').RowOfCrops} RowOfCrops */
/** @typedef {import('geotiff').GeoTIFFImage} GeoTIFFImage */

const BANDS = 4;
const IGNORED = 255;

/** @type {{ file: string, image: GeoTIFFImage, label: GeoTIFFImage | undefined } | undefined} */
let open;

answerQuestions(async (/** @type {TileQuestion} */ question) => {
  try {
    if (open?.file !== question.image) open = await openTile(question);
    if (question.row) await cutRow(question, question.row, open);
    return { height: open.image.getHeight(), width: open.image.getWidth() };
  } catch (error) {
    open = undefined;
    throw error;
  }
});

/** @param {TileQuestion} question */
async function openTile({ image: file, label: labelFile }) {
  const image = await openWhole(file, BANDS, 'red, green, blue and infrared (take the folder 4_Ortho_RGBIR)');
  if (labelFile === undefined) return { file, image, label: undefined };
  const label = await openWhole(labelFile, 3, 'the red, green and blue of its class');
  const [size, labelSize] = [image, label].map((tiff) => `${tiff.getHeight()}x${tiff.getWidth()}`);
  if (size !== labelSize) throw new RangeError(`${labelFile}: the label is ${labelSize}, its image ${size}`);
  return { file, image, label };
}

/**
 * @param {string} file
 * @param {number} bands
 * @param {string} meaning
 */
async function openWhole(file, bands, meaning) {
  try {
    const image = await openTiff(file);
    await checkWhole(file, image);
    const [samples, bits] = [image.getSamplesPerPixel(), image.getBitsPerSample()];
    if (samples !== bands) throw new RangeError(`it has ${samples} bands, ${bands} are needed: ${meaning}`);
    if (bits !== 8) throw new RangeError(`its samples have ${bits} bits, 8 are expected`);
    return image;
  } catch (error) {
    throw new RangeError(`${file}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Writes all crops of one row.
 *
 * @param {TileQuestion} question
 * @param {RowOfCrops} row
 * @param {{ image: GeoTIFFImage, label: GeoTIFFImage | undefined }} tile
 */
async function cutRow({ tile, label: labelFile }, row, { image, label }) {
  const { at, out, crop, shrink } = row;
  const side = crop * shrink;
  const columns = Math.floor(image.getWidth() / side);
  const window = { top: at * side, left: 0, height: side, width: columns * side };
  const colours = await readWindow(image, window);
  const { data } = scaleImage(colours, [side, window.width, BANDS], 1 / shrink);
  const samples = rounded(data);
  const classesOfWindow = async (/** @type {GeoTIFFImage} */ tiff) =>
    classesOf(await readWindow(tiff, window), row, { file: labelFile, ...window });
  const classes = label && scaleLabels(await classesOfWindow(label), [side, window.width], 1 / shrink);
  for (let column = 0; column < columns; column++) {
    const name = `${tile}_${String(at).padStart(2, '0')}_${String(column).padStart(2, '0')}`;
    const cut = (/** @type {Uint8Array} */ from, /** @type {number} */ each) =>
      columnOf(from, column, { crop, columns, each });
    if (classes) {
      const png = encode({ width: crop, height: crop, data: cut(classes, 1), channels: 1, depth: 8 });
      await writeWhole(join(out, 'gt', `${name}.png`), png);
    }
    await writeWhole(join(out, 'imgs', `${name}.tif`), tiffOfBands(cut(samples, BANDS), [crop, crop, BANDS]));
  }
}

/**
 * @param {Uint8Array} row [crop, columns * crop, each]
 * @param {number} column
 * @param {{ crop: number, columns: number, each: number }} sizes
 */
function columnOf(row, column, { crop, columns, each }) {
  const cut = new Uint8Array(crop * crop * each);
  for (let line = 0; line < crop; line++) {
    const from = (line * columns + column) * crop * each;
    cut.set(row.subarray(from, from + crop * each), line * crop * each);
  }
  return cut;
}

/**
 * Colours to classes, every pixel looked at.
 *
 * @param {ArrayLike<number>} colours [H, W, 3]
 * @param {RowOfCrops} row
 * @param {{ file: string | undefined, top: number, width: number }} window
 * @returns {Uint8Array} [H, W]
 * @throws {RangeError} naming the first pixel of another colour
 */
function classesOf(colours, { palette, unknownColours, borders }, { file, top, width }) {
  const classOf = new Map(palette.map(([red, green, blue], place) => [(red << 16) | (green << 8) | blue, place]));
  if (borders) classOf.set(0, IGNORED);
  const classes = new Uint8Array(colours.length / 3);
  // Neighbours mostly have the same colour: the table is asked once for a run of them.
  let [last, known] = [-1, /** @type {number | undefined} */ (undefined)];
  for (let pixel = 0; pixel < classes.length; pixel++) {
    const at = 3 * pixel;
    const packed = (colours[at] << 16) | (colours[at + 1] << 8) | colours[at + 2];
    if (packed !== last) [last, known] = [packed, classOf.get(packed)];
    if (known !== undefined) {
      classes[pixel] = known;
      continue;
    }
    const colour = [colours[at], colours[at + 1], colours[at + 2]];
    if (unknownColours === 'error') {
      const black = colour.every((value) => value === 0);
      throw new RangeError(
        `${file}: unknown colour (${colour.join(', ')}) at row ${top + Math.floor(pixel / width)}, column ${pixel % width}` +
          (black ? '; black marks the borders of the release without borders (labels: no-boundary)' : ''),
      );
    }
    classes[pixel] = unknownColours === 'ignore' ? IGNORED : nearest(palette, colour);
  }
  return classes;
}

/**
 * @param {RowOfCrops['palette']} palette
 * @param {readonly number[]} colour
 */
function nearest(palette, colour) {
  const distances = palette.map((known) => known.reduce((sum, value, band) => sum + (value - colour[band]) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}
