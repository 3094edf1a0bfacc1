/**
 * The classes of COCO-Stuff: 182 numbers in its label files, and the coarse ones that [1] makes of them.
 *
 * A label file holds the number of a thing (0 to 90), of a stuff (91 to 181), or 255 for what nobody labelled. Things and
 * stuffs are grouped in 27 coarse classes, 12 of things and 15 of stuff [2]. COCO-Stuff-15 keeps the 15, COCO-Stuff-3 only
 * sky, plants and ground; every other pixel is left out of loss, matching and score.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019; its code: cocostuff.py.
 * [2] Caesar, Uijlings, Ferrari. COCO-Stuff. CVPR 2018; its hierarchy of labels.
 */
import { IGNORE_ID } from './dataset.js';

/** The stuffs of each class, by their numbers in a label file (91 to 181); numbers below are things. */
const STUFFS = {
  ceiling: [101, 102],
  floor: [100, 113, 114, 115, 116, 117],
  food: [120, 121, 152, 169],
  furniture: [97, 106, 107, 109, 111, 122, 129, 132, 155, 160, 164],
  'raw material': [99, 131, 138, 142],
  textile: [91, 92, 103, 104, 108, 130, 136, 140, 151, 166, 167],
  wall: [170, 171, 172, 173, 174, 175, 176],
  window: [179, 180],
  building: [94, 95, 127, 150, 157, 165],
  ground: [110, 124, 125, 135, 139, 143, 144, 146, 148, 153, 158],
  plant: [93, 96, 118, 123, 128, 133, 141, 162, 168],
  sky: [105, 156],
  solid: [126, 134, 149, 159, 161, 181],
  structural: [98, 112, 137, 145, 163],
  water: [119, 147, 154, 177, 178],
};

export const COCO_STUFF_CLASSES: readonly string[] = Object.keys(STUFFS);

export const COCO_STUFF3_CLASSES: readonly string[] = ['sky', 'plant', 'ground'];

/** Largest number of a label file but for 255. */
export const COCO_STUFF_LAST_ID = 181;

/**
 * @param ids - numbers of a label file
 * @param dataset - which classes are wanted
 * @returns [H * W], 255 for things, for what is unlabelled, and for stuff of other classes
 */
export function cocoStuffClasses(ids: Int32Array, dataset: 'coco-stuff' | 'coco-stuff3'): Int32Array {
  const table = dataset === 'coco-stuff' ? FIFTEEN : THREE;
  return ids.map((id) => table[id] ?? IGNORE_ID);
}

const FIFTEEN = tableOf(COCO_STUFF_CLASSES);
const THREE = tableOf(COCO_STUFF3_CLASSES);

/** Number in a label file -> place among these classes, or ignored. */
function tableOf(classes: readonly string[]): Int32Array {
  const table = new Int32Array(COCO_STUFF_LAST_ID + 1).fill(IGNORE_ID);
  classes.forEach((name, place) => STUFFS[name as keyof typeof STUFFS].forEach((id) => (table[id] = place)));
  return table;
}
