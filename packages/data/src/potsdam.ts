/**
 * Potsdam (six classes) and Potsdam-3: crops of aerial photographs with infrared, as [1] cuts them.
 *
 *   ROOT/unlabelled_train.txt, labelled_train.txt, labelled_test.txt     one id a line
 *   ROOT/imgs/<id>.tif, ROOT/gt/<id>.png                                 written by preparePotsdam
 *   ROOT/imgs/<id>.mat, ROOT/gt/<id>.mat                                 the archive of [1], read as it is
 *
 * In [1] unsupervised training sees all three lists, and clusters are matched and scored on both labelled ones.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019; its code: potsdam.py.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { IGNORE_ID, UnreadableImageError, type Dataset, type Sample } from './dataset.js';
import { readIdList } from './id-list.js';
import { indexedDataset, type OpenOptions } from './indexed-dataset.js';
import { readMatArray } from './mat-file.js';
import { POTSDAM3_CLASSES, POTSDAM_BANDS, POTSDAM_CLASSES, POTSDAM_LISTS, toThreeClasses } from './potsdam-classes.js';
import { readImage } from './read-image.js';
import { readLabel } from './read-label.js';
import { resizeImage, resizeLabels, targetSize } from './resize.js';

/** Parts of Potsdam, by the lists that they join. */
export const POTSDAM_SPLITS = {
  /** What [1] trains on: 8550 crops. */
  all: POTSDAM_LISTS,
  /** What [1] scores on: 5400 crops. */
  labelled: ['labelled_train', 'labelled_test'],
  /** Training that leaves the test crops out: 7695. */
  train: ['unlabelled_train', 'labelled_train'],
  /** 4545, to match clusters on. */
  'labelled-train': ['labelled_train'],
  /** 855, to score on. */
  test: ['labelled_test'],
} as const satisfies Record<string, readonly (typeof POTSDAM_LISTS)[number][]>;

export interface PotsdamSpec {
  readonly dataset: 'potsdam' | 'potsdam3';
  /** What `preparePotsdam` wrote, or the unpacked archive of [1]. */
  readonly root: string;
  /** @defaultValue 'all' */
  readonly split?: keyof typeof POTSDAM_SPLITS;
  /** Resize every crop to exactly this height and width. @defaultValue as they are, 200x200 */
  readonly size?: readonly [height: number, width: number];
  /** A crop that cannot be read is an error instead of a warning. @defaultValue false */
  readonly strict?: boolean;
}

/** A crop in either form: image 0..1, and the six classes. */
interface CropReader {
  imageFile(id: string): string;
  image(id: string): Promise<Sample['image']>;
  label(id: string): Promise<{ readonly height: number; readonly width: number; readonly ids: Int32Array }>;
}

/**
 * Opens prepared crops. Only the lists are read; crops are, as they are asked for.
 *
 * @throws RangeError when a list is missing or there are no crops, saying how to get them
 */
export function openPotsdam(spec: PotsdamSpec, options: OpenOptions = {}): Dataset {
  const { dataset: name, root, split = 'all' } = spec;
  const lists = POTSDAM_SPLITS[split].map((list) => ({ list, ids: idsOf(root, list) }));
  const labelled = new Set(lists.flatMap(({ list, ids }) => (list === 'unlabelled_train' ? [] : ids)));
  const ids = lists.flatMap((list) => list.ids);
  const crops = cropsUnder(root);
  const read = async (index: number, wanted: { readonly label: boolean }): Promise<Sample> => {
    const id = ids[index];
    const image = await crops.image(id);
    const [height, width] = image.shape;
    const size = targetSize([height, width], spec);
    const resized = resizeImage({ image }, size);
    if (!wanted.label || !labelled.has(id)) return { id, ...resized };
    const six = await crops.label(id);
    if (six.height !== height || six.width !== width) {
      throw new RangeError(`${name}: the label of '${id}' is ${six.height}x${six.width}, its image ${height}x${width}`);
    }
    const label = name === 'potsdam3' ? toThreeClasses(six.ids) : six.ids;
    return { id, ...resized, label: resizeLabels(label, [height, width], size) };
  };
  const classes = name === 'potsdam3' ? POTSDAM3_CLASSES : POTSDAM_CLASSES;
  const { strict } = spec;
  const filesOf = (index: number) => [crops.imageFile(ids[index])];
  return indexedDataset({ name, ids, classes, channels: POTSDAM_BANDS, read, filesOf }, { ...options, strict });
}

function idsOf(root: string, list: string): string[] {
  const file = join(root, `${list}.txt`);
  if (!existsSync(root)) throw new RangeError(`potsdam: the folder '${root}' does not exist`);
  if (existsSync(file)) return readIdList(file);
  const raw = existsSync(join(root, '4_Ortho_RGBIR'));
  throw new RangeError(
    `potsdam: no list '${file}'; ` +
      (raw
        ? `'${root}' holds the tiles as they are released: cut them with preparePotsdam (autoregseg prepare potsdam)`
        : 'give the folder that preparePotsdam (autoregseg prepare potsdam) wrote, or the archive of IIC'),
  );
}

function cropsUnder(root: string): CropReader {
  const [images, labels] = [join(root, 'imgs'), join(root, 'gt')];
  const prepared = existsSync(join(root, 'prepared.json'));
  if (!existsSync(images)) throw new RangeError(`potsdam: '${root}' has no folder imgs`);
  return prepared ? preparedCrops(images, labels) : archivedCrops(images, labels);
}

function preparedCrops(images: string, labels: string): CropReader {
  const imageFile = (id: string) => join(images, `${id}.tif`);
  return {
    imageFile,
    async image(id) {
      const file = imageFile(id);
      const { image } = await readImage(file, { alpha: 'band' });
      if (image.shape[2] !== POTSDAM_BANDS) throw wrongBands(file, image.shape[2]);
      return image;
    },
    label: (id) => readLabel(join(labels, `${id}.png`)),
  };
}

function archivedCrops(images: string, labels: string): CropReader {
  const imageFile = (id: string) => join(images, `${id}.mat`);
  return {
    imageFile,
    async image(id) {
      const file = imageFile(id);
      const { shape, kind, data } = await readMatArray(file, 'img');
      const [height, width, bands = 1] = shape;
      if (bands !== POTSDAM_BANDS) throw wrongBands(file, bands);
      if (kind !== 'uint8') throw new UnreadableImageError(file, `its array 'img' is ${kind}, uint8 is expected`);
      return { shape: [height, width, bands], data: Float32Array.from(data, (value) => value / 255) };
    },
    async label(id) {
      const file = join(labels, `${id}.mat`);
      const { shape, data } = await readMatArray(file, 'gt');
      const [height, width] = shape;
      const at = data.findIndex((value) => value !== IGNORE_ID && !(value >= 0 && value < POTSDAM_CLASSES.length));
      if (at >= 0) {
        throw new UnreadableImageError(
          file,
          `class ${data[at]} at row ${Math.floor(at / width)}, column ${at % width}; classes are 0 to ${POTSDAM_CLASSES.length - 1}`,
        );
      }
      return { height, width, ids: Int32Array.from(data) };
    },
  };
}

function wrongBands(file: string, bands: number): UnreadableImageError {
  return new UnreadableImageError(
    file,
    `it has ${bands} bands, Potsdam's crops have ${POTSDAM_BANDS}: red, green, blue, infrared`,
  );
}
