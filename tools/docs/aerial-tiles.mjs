/**
 * The aerial set of docs/results.md: 83 tiles of 200x200 from LoveDA, ISPRS Potsdam and ISPRS Vaihingen crops, with four
 * classes that all three know.
 *
 *   node tools/docs/aerial-tiles.mjs AERIAL OUT    AERIAL/{loveda,isprs-potsdam,isprs-vaihingen}/{img_dir,ann_dir}
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';

const SIDE = 200;
const IGNORED = 255;

/** built 0, low vegetation 1, trees 2, water 3; the rest is not scored. */
const CLASSES = {
  loveda: { 2: 0, 3: 0, 7: 1, 6: 2, 4: 3 },
  'isprs-potsdam': { 1: 0, 2: 0, 3: 1, 4: 2 },
  'isprs-vaihingen': { 1: 0, 2: 0, 3: 1, 4: 2 },
};

const [aerial, out] = process.argv.slice(2);
if (!aerial || !out) throw new Error('aerial-tiles: give the folder of the sets and the folder to write');
for (const folder of ['images', 'labels']) mkdirSync(join(out, folder), { recursive: true });
for (const [set, classes] of Object.entries(CLASSES)) {
  for (const file of readdirSync(join(aerial, set, 'img_dir'))) {
    await cutTiles(set, file, classes);
  }
}

/**
 * @param {string} set
 * @param {string} file
 * @param {Record<number, number>} classes
 */
async function cutTiles(set, file, classes) {
  const image = sharp(join(aerial, set, 'img_dir', file)).removeAlpha();
  const { data, info } = await sharp(join(aerial, set, 'ann_dir', file))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const ids = Buffer.from(
    Uint8Array.from({ length: info.width * info.height }, (_, pixel) => {
      return classes[data[pixel * info.channels]] ?? IGNORED;
    }),
  );
  const raw = { width: info.width, height: info.height, channels: /** @type {const} */ (1) };
  for (let top = 0; top + SIDE <= info.height; top += SIDE) {
    for (let left = 0; left + SIDE <= info.width; left += SIDE) {
      const tile = { top, left, width: SIDE, height: SIDE };
      const name = `${set}-${basename(file, '.png')}-${top}-${left}.png`;
      await image
        .clone()
        .extract(tile)
        .png()
        .toFile(join(out, 'images', name));
      await sharp(ids, { raw })
        .extract(tile)
        .toColourspace('b-w')
        .png()
        .toFile(join(out, 'labels', name));
    }
  }
}
