/**
 * Which label belongs to which image, by name alone. The first rule that finds a label wins:
 *
 *   1. the same path, but for the extension                 train/a.jpg     train/a.png
 *   2. the same path, but for a usual ending or beginning   train/a_rgb.tif train/a_label.png, train/mask_a.png
 *   3. rules 1 and 2 whatever the folder                    train/a.jpg     annotations/x/a.png
 *
 * Two labels for one image by one rule, or one label for two images, is an error: nothing is guessed.
 */

/** Endings and beginnings that mark a label or an image; letters of either case, after or before - or _. */
const LABEL_MARKS = [
  'gtFine_labelIds',
  'labelTrainIds',
  'labelIds',
  'labels',
  'label',
  'mask',
  'gt',
  'seg',
  'annotation',
];
const IMAGE_MARKS = ['leftImg8bit', 'image', 'img', 'sat', 'rgbir', 'irrg', 'rgb'];

/**
 * @param images - paths without extension, inside of the image folder
 * @param labels - paths without extension, inside of the label folder
 * @returns for each image the index of its label, or -1
 * @throws RangeError naming up to three ambiguous images or labels
 */
export function pairLabels(images: readonly string[], labels: readonly string[]): Int32Array {
  const rules = [
    [same, same],
    [coreOfImage, coreOfLabel],
    [nameOf, nameOf],
    [(path: string) => coreOfImage(nameOf(path)), (path: string) => coreOfLabel(nameOf(path))],
  ].map(([ofImage, ofLabel]) => ({ ofImage, byKey: groupBy(labels, ofLabel) }));
  const faults: string[] = [];
  const pairs = Int32Array.from(images, (image) => {
    for (const { ofImage, byKey } of rules) {
      const found = byKey.get(ofImage(image)) ?? [];
      if (found.length > 1) faults.push(`image '${image}' has labels ${quoted(found.map((index) => labels[index]))}`);
      if (found.length > 0) return found[0];
    }
    return -1;
  });
  const owners = new Map<number, string>();
  images.forEach((image, index) => {
    const label = pairs[index];
    const other = owners.get(label);
    if (label >= 0 && other !== undefined)
      faults.push(`label '${labels[label]}' fits images ${quoted([other, image])}`);
    owners.set(label, image);
  });
  if (faults.length > 0)
    throw new RangeError(faults.slice(0, 3).join('; ') + (faults.length > 3 ? `; and ${faults.length - 3} more` : ''));
  return pairs;
}

function withoutMark(marks: readonly string[]): (path: string) => string {
  const any = marks.join('|');
  const ending = new RegExp(`[-_](${any})$`, 'i');
  const beginning = new RegExp(`(^|/)(${any})[-_]([^/]*)$`, 'i');
  return (path) => path.replace(ending, '').replace(beginning, '$1$3');
}

const same = (path: string) => path;
const coreOfImage = withoutMark(IMAGE_MARKS);
const coreOfLabel = withoutMark(LABEL_MARKS);
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(' and ');

function groupBy(paths: readonly string[], keyOf: (path: string) => string): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  paths.forEach((path, index) => groups.set(keyOf(path), [...(groups.get(keyOf(path)) ?? []), index]));
  return groups;
}
