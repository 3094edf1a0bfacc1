/**
 * The Potsdam release as it unpacks: which tiles are there, where their labels are, and what is missing.
 *
 *   RAW/4_Ortho_RGBIR/top_potsdam_<row>_<col>_RGBIR.tif
 *   RAW/5_Labels_for_participants/top_potsdam_<row>_<col>_label.tif      labels of the 24 tiles
 *   RAW/5_Labels_all/top_potsdam_<row>_<col>_label.tif                   labels of all tiles
 *   RAW/5_Labels_all_noBoundary/top_potsdam_<row>_<col>_label_noBoundary.tif   borders of objects black
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { POTSDAM_LABELLED_TILES, POTSDAM_UNLABELLED_TILES } from './potsdam-classes.js';

/** Which labels are taken: of the 24 tiles that IIC uses, of all, or of all with borders left out of the score. */
export type PotsdamLabels = 'participants' | 'all' | 'no-boundary';

export interface PotsdamTile {
  /** Row and column, such as '2_10'. */
  readonly tile: string;
  readonly image: string;
  readonly label?: string;
}

export interface PotsdamRelease {
  readonly tiles: readonly PotsdamTile[];
  /** Tiles of the release that are not there. */
  readonly missing: readonly string[];
  /** Tiles that should have a label and have none, each with the file that was looked for. */
  readonly unlabelled: readonly { readonly tile: string; readonly file: string }[];
}

export const POTSDAM_IMAGES = '4_Ortho_RGBIR';

/** The zip of 5_Labels_all unpacks its files beside the folders. */
const LABEL_FOLDERS: Readonly<Record<PotsdamLabels, readonly string[]>> = {
  participants: ['5_Labels_for_participants', '5_Labels_all', '.'],
  all: ['5_Labels_all', '.'],
  'no-boundary': ['5_Labels_all_noBoundary', '5_Labels_for_participants_no_Boundary'],
};

/**
 * @param raw - the folder that holds 4_Ortho_RGBIR
 * @throws RangeError when there are no tiles, saying what is there instead
 */
export function findPotsdamRelease(raw: string, labels: PotsdamLabels = 'participants'): PotsdamRelease {
  const folder = join(raw, POTSDAM_IMAGES);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const tiles = names
    .flatMap((name) => {
      const tile = /^top_potsdam_(\d+_\d+)_RGBIR\.tif$/i.exec(name)?.[1];
      return tile === undefined ? [] : [{ tile, image: join(folder, name), label: labelOf(raw, tile, labels) }];
    })
    .sort((a, b) => (a.tile < b.tile ? -1 : 1));
  if (tiles.length === 0) throw new RangeError(`potsdam: ${whyNoTiles(raw, folder)}`);
  const present = new Set(tiles.map(({ tile }) => tile));
  const expected = [...POTSDAM_LABELLED_TILES, ...POTSDAM_UNLABELLED_TILES];
  const wanted = tiles.filter(({ tile }) => labels !== 'participants' || POTSDAM_LABELLED_TILES.includes(tile));
  return {
    tiles,
    missing: expected.filter((tile) => !present.has(tile)),
    unlabelled: wanted
      .filter(({ label }) => label === undefined)
      .map(({ tile }) => ({ tile, file: labelFiles(raw, tile, labels)[0] })),
  };
}

function labelOf(raw: string, tile: string, labels: PotsdamLabels): string | undefined {
  // The others are unlabelled for IIC, whatever folders are there.
  if (labels === 'participants' && !POTSDAM_LABELLED_TILES.includes(tile)) return undefined;
  return labelFiles(raw, tile, labels).find((file) => existsSync(file));
}

function labelFiles(raw: string, tile: string, labels: PotsdamLabels): string[] {
  const ending = labels === 'no-boundary' ? 'label_noBoundary' : 'label';
  return LABEL_FOLDERS[labels].map((folder) => join(raw, folder, `top_potsdam_${tile}_${ending}.tif`));
}

function whyNoTiles(raw: string, folder: string): string {
  if (!existsSync(raw)) return `the folder '${raw}' does not exist`;
  const inside = readdirSync(raw);
  const zip = inside.find((name) => /^4_Ortho_RGBIR\.zip$/i.test(name));
  if (zip) return `'${join(raw, zip)}' is not unpacked; unzip it there`;
  if (existsSync(folder)) return `'${folder}' holds no top_potsdam_<row>_<col>_RGBIR.tif`;
  const others = inside.filter((name) => /^[23]_Ortho/.test(name));
  if (others.length > 0)
    return `'${raw}' has only ${others.join(', ')}: infrared and colour together are in ${POTSDAM_IMAGES}`;
  return `'${raw}' has no folder ${POTSDAM_IMAGES}`;
}
