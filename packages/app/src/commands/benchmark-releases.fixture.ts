/** Small releases of the benchmark datasets, in the layout that is downloaded. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Of each image, pixels. */
export const SIDE = 128;
/** As the release's own description has them, not taken from the reader under test. */
const COLOURS = [
  [255, 255, 255],
  [0, 0, 255],
  [0, 255, 255],
  [0, 255, 0],
  [255, 255, 0],
  [255, 0, 0],
] as const;

/** Bands of 16 rows, a class each. */
const classAt = (pixel: number) => Math.floor(pixel / SIDE / 16) % COLOURS.length;

/** Noise about a level that the class has. */
function pixels(bands: number, seed: number): Uint8Array {
  return Uint8Array.from(
    { length: SIDE * SIDE * bands },
    (_, at) => 30 * classAt(Math.floor(at / bands)) + (((at + seed) * 7919) % 40),
  );
}

/** Three tiles in the release's layout, two of them with labels. */
export async function writePotsdam(raw: string): Promise<void> {
  for (const folder of ['4_Ortho_RGBIR', '5_Labels_for_participants'])
    mkdirSync(join(raw, folder), { recursive: true });
  const label = Uint8Array.from(Array.from({ length: SIDE * SIDE }, (_, pixel) => COLOURS[classAt(pixel)]).flat());
  for (const [seed, tile] of ['2_10', '2_11', '2_13'].entries()) {
    await sharp(pixels(4, seed), { raw: { width: SIDE, height: SIDE, channels: 4 } })
      .tiff({ compression: 'lzw', predictor: 'horizontal' })
      .toFile(join(raw, '4_Ortho_RGBIR', `top_potsdam_${tile}_RGBIR.tif`));
    // As in the release: 2_13 is a tile that participants have no label of.
    if (tile === '2_13') continue;
    await sharp(label, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .tiff({ compression: 'packbits' })
      .toFile(join(raw, '5_Labels_for_participants', `top_potsdam_${tile}_label.tif`));
  }
}

/** Numbers of COCO-Stuff: sky-other, tree, ground-other, person (no stuff). */
const STUFF = [156, 168, 125, 0];

/** Three images with labels, and two curated lists that name them. */
export async function writeCocoStuff(raw: string): Promise<void> {
  for (const part of ['images', 'annotations', 'curated']) mkdirSync(join(raw, part, 'val2017'), { recursive: true });
  const label = Uint8Array.from({ length: SIDE * SIDE }, (_, pixel) => STUFF[classAt(pixel) % STUFF.length]);
  const ids = ['000000000001', '000000000002', '000000000003'];
  for (const [seed, id] of ids.entries()) {
    await sharp(pixels(3, seed), { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .jpeg()
      .toFile(join(raw, 'images/val2017', `${id}.jpg`));
    await sharp(label, { raw: { width: SIDE, height: SIDE, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(raw, 'annotations/val2017', `${id}.png`));
  }
  for (const list of ['Coco164kFull_Stuff_Coarse_7', 'Coco164kFew_Stuff_6']) {
    writeFileSync(join(raw, 'curated/val2017', `${list}.txt`), ids.map((id) => `${id}\n`).join(''));
  }
}
