/** The labels of a folder dataset: which file belongs to which image, what its numbers mean, and reading one. */
import { IGNORE_ID, UnreadableImageError, type RasterImage } from './dataset.js';
import { listFiles } from './file-listing.js';
import { applyLabelMap, type LabelMap } from './label-map.js';
import { pairLabels } from './label-pairing.js';
import { readLabel, readPngLabel, type LabelIds } from './read-label.js';

export interface FolderLabels {
  readonly classes: readonly string[];
  /** The label file of each image. */
  readonly files: readonly (string | undefined)[];
  /** [H * W] classes of one image, undefined where it has no label. */
  read(index: number, image: string, shape: RasterImage['shape']): Promise<Int32Array | undefined>;
}

export interface FolderLabelOptions {
  readonly labelMap?: LabelMap;
  readonly maxPixels?: number;
}

const LABEL_EXTENSIONS = ['.png', '.tif', '.tiff'];

/** Label files that are looked at when no map says what the numbers mean. */
const FIRST_LABELS = 20;

/** Label files without one pixel of a class, after which the map is taken to be wrong. */
const EMPTY_LABELS = 8;

export const NO_LABELS: FolderLabels = { classes: [], files: [], read: async () => undefined };

/**
 * Pairs the label files of a folder with images.
 *
 * @param stems - the images' paths without extension, inside of their folder; none = check the folder alone
 * @throws RangeError when nothing fits, a pair is ambiguous, or the numbers need a label map
 */
export function findLabels(folder: string, stems: readonly string[], options: FolderLabelOptions): FolderLabels {
  const { maxPixels } = options;
  const listed = listFiles([folder], LABEL_EXTENSIONS);
  const pairs = pairLabels(
    stems,
    listed.map(({ stem }) => stem),
  );
  const files = Array.from(pairs, (label) => listed[label]?.path);
  const paired = files.filter((file) => file !== undefined);
  if (stems.length > 0 && paired.length === 0) {
    throw new RangeError(
      `no label in '${folder}' fits an image by name: image '${stems[0]}', label '${listed[0].stem}'`,
    );
  }
  if (stems.length === 0) return NO_LABELS;
  const labelMap = options.labelMap ?? mapOfFirst(paired.slice(0, FIRST_LABELS), maxPixels);
  const checkSomeClass = classWatch(labelMap, Math.min(EMPTY_LABELS, paired.length));
  return {
    classes: labelMap.classes,
    files,
    async read(index, image, [height, width]) {
      const file = files[index];
      if (file === undefined) return undefined;
      const label = await readLabel(file, maxPixels);
      if (label.height !== height || label.width !== width) {
        throw new RangeError(
          `folder: label '${file}' is ${label.height}x${label.width}, its image '${image}' is ${height}x${width}`,
        );
      }
      if (options.labelMap === undefined) checkWithinFirst(file, label, labelMap);
      const classes = applyLabelMap(label.ids, labelMap);
      checkSomeClass(file, label, classes);
      return classes;
    },
  };
}

/** Ids as they are: 0 to the largest found, 255 ignored. */
function mapOfFirst(files: readonly string[], maxPixels?: number): LabelMap {
  if (files.some((file) => !file.toLowerCase().endsWith('.png'))) {
    throw new RangeError('TIFF labels need a label map (labelMap), which names their classes');
  }
  let largest = -1;
  for (const file of files) {
    for (const id of readableIds(file, maxPixels)) if (id > largest && id !== IGNORE_ID) largest = id;
  }
  if (largest < 1 || largest > IGNORE_ID) {
    throw new RangeError(
      `without a label map (labelMap), ids are classes and ${IGNORE_ID} is ignored, but the first ${files.length} labels ` +
        (largest < 1 ? 'hold fewer than two classes' : `hold ids up to ${largest}`),
    );
  }
  const ids = Array.from({ length: largest + 1 }, (_, id) => id);
  return { classes: ids.map(String), map: Object.fromEntries(ids.map((id) => [id, id])) };
}

/** Of a damaged file none: it is skipped when its image is read. */
function readableIds(file: string, maxPixels?: number): Int32Array {
  try {
    return readPngLabel(file, maxPixels).ids;
  } catch (error) {
    if (error instanceof UnreadableImageError) return new Int32Array();
    throw error;
  }
}

function checkWithinFirst(file: string, { ids }: LabelIds, { classes }: LabelMap): void {
  const beyond = ids.find((id) => id >= classes.length && id !== IGNORE_ID);
  if (beyond !== undefined) {
    throw new RangeError(
      `folder: label '${file}' holds id ${beyond}, the first ${FIRST_LABELS} labels held none above ` +
        `${classes.length - 1}; give a label map (labelMap)`,
    );
  }
}

/** Notices a map that names none of the ids in use: an error once so many label files had no pixel of any class. */
function classWatch(labelMap: LabelMap, enough: number) {
  const empty = new Set<string>();
  let seen = false;
  return (file: string, { ids }: LabelIds, classes: Int32Array): void => {
    seen ||= classes.some((id) => id !== IGNORE_ID);
    if (seen || empty.add(file).size < enough) return;
    const found = [...new Set(ids)].sort((a, b) => a - b).slice(0, 10);
    throw new RangeError(
      `folder: no pixel of the first ${empty.size} labels belongs to a class: '${file}' holds ids ${found.join(', ')}, ` +
        `the label map names ${Object.keys(labelMap.map).slice(0, 10).join(', ')}`,
    );
  };
}
