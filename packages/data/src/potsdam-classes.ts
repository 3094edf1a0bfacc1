/**
 * What the Potsdam benchmark is made of: its classes and their colours, its tiles, and how [1] cuts them.
 *
 * The tiles are aerial photographs of 6000x6000 pixels of 5 cm, with the bands red, green, blue and infrared. 38 were
 * released; the labels of 24 of them to everybody from the start, and [1] uses these labels alone.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019; its code: potsdam.py, potsdam_prepare.py.
 */
import { IGNORE_ID } from './dataset.js';

export const POTSDAM_CLASSES = ['impervious surface', 'building', 'low vegetation', 'tree', 'car', 'clutter'] as const;

/** Potsdam-3: what is driven on and drives, what is built, what grows. */
export const POTSDAM3_CLASSES = ['roads and cars', 'buildings and clutter', 'vegetation and trees'] as const;

/** Class of six -> class of three. */
const POTSDAM3_OF_6 = [0, 1, 2, 2, 0, 1] as const;

/** Red, green and blue of each of the six classes in a label picture. */
export const POTSDAM_COLOURS: readonly (readonly [number, number, number])[] = [
  [255, 255, 255],
  [0, 0, 255],
  [0, 255, 255],
  [0, 255, 0],
  [255, 255, 0],
  [255, 0, 0],
];

/** Row and column of the tiles whose labels everybody had. */
export const POTSDAM_LABELLED_TILES: readonly string[] = [
  tilesOf([2, 3, 4, 5, 6, 7], [10, 11, 12]),
  tilesOf([6, 7], [7, 8, 9]),
].flat();

export const POTSDAM_UNLABELLED_TILES: readonly string[] = [
  tilesOf([2, 3], [13, 14]),
  tilesOf([4, 5, 6], [13, 14, 15]),
  tilesOf([7], [13]),
].flat();

export const POTSDAM_BANDS = 4;

/** The lists of crops that [1] and `preparePotsdam` write: which have labels, and which of these are held out. */
export const POTSDAM_LISTS = ['unlabelled_train', 'labelled_train', 'labelled_test'] as const;

/** Six classes -> three; what is ignored stays so. */
export function toThreeClasses(label: Int32Array): Int32Array {
  return label.map((id) => POTSDAM3_OF_6[id] ?? IGNORE_ID);
}

function tilesOf(rows: readonly number[], cols: readonly number[]): string[] {
  return rows.flatMap((row) => cols.map((col) => `${row}_${col}`));
}
