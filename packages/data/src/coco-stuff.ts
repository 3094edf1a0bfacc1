/**
 * COCO-Stuff-15 and COCO-Stuff-3, in the layout that the release unpacks to, with the lists of images that [1] chose.
 *
 *   ROOT/images/{train2017,val2017}/<id>.jpg           .png where prepareCocoStuff wrote them
 *   ROOT/annotations/{train2017,val2017}/<id>.png      one number a pixel: coco-stuff-classes.ts
 *   ROOT/curated/{train2017,val2017}/<list>.txt        one id a line
 *
 * As in [1] images are scaled by 0.33 and padded with nothing to at least 128x128, and what is neither stuff nor labelled
 * is not valid: it counts in no loss, no matching and no score. The network still sees these pixels. So training depends
 * on labels in this one respect, as it does in [1].
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019; its code: cocostuff.py, data.py.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scaledSide, scaleImage, scaleLabels } from '../child/scale.mjs';
import { COCO_STUFF3_CLASSES, COCO_STUFF_CLASSES, COCO_STUFF_LAST_ID, cocoStuffClasses } from './coco-stuff-classes.js';
import { IGNORE_ID, UnreadableImageError, type Dataset, type Sample } from './dataset.js';
import { fitCentre } from './fit-centre.js';
import { readIdList } from './id-list.js';
import { indexedDataset, type OpenOptions } from './indexed-dataset.js';
import { readImage } from './read-image.js';
import { readLabel } from './read-label.js';
import { resizeImage, resizeLabels } from './resize.js';

export const COCO_STUFF_FOLDERS = {
  /** What [1] trains, matches and scores on. */
  all: ['train2017', 'val2017'],
  train: ['train2017'],
  val: ['val2017'],
} as const;

/** The list of [1] for each dataset. */
export const COCO_STUFF_LISTS = {
  'coco-stuff': 'Coco164kFull_Stuff_Coarse_7',
  'coco-stuff3': 'Coco164kFew_Stuff_6',
} as const;

export interface CocoStuffSpec {
  readonly dataset: 'coco-stuff' | 'coco-stuff3';
  /** The release, or what `prepareCocoStuff` wrote. */
  readonly root: string;
  /** @defaultValue both folders, or the one whose list is there, with a warning */
  readonly split?: keyof typeof COCO_STUFF_FOLDERS;
  /** Factor that images are scaled by; prepared ones already are. @defaultValue 0.33, as in [1] */
  readonly scale?: number;
  /** Resize every image to exactly this height and width instead of scaling it (aspect is not kept). */
  readonly size?: readonly [height: number, width: number];
  /** Take the centre of this height and width, as [1] does to score; without it images are whole. */
  readonly centerCrop?: readonly [height: number, width: number];
  /** Pixels that are no stuff: 'masked' = not valid; 'kept' = valid, without a class. @defaultValue 'masked' */
  readonly others?: 'masked' | 'kept';
  /** An image that cannot be read is an error instead of a warning. @defaultValue false */
  readonly strict?: boolean;
}

/** The factor of [1]. */
export const COCO_STUFF_SCALE = 0.33;

/** Smaller images are padded to this: the side of a training crop in [1]. */
const LEAST_SIDE = 128;

/**
 * Opens the images that the lists name. Only the lists are read; images are, as they are asked for.
 *
 * @throws RangeError when a list or a folder is missing, saying where to get it, or `scale` is not the prepared one
 */
export function openCocoStuff(spec: CocoStuffSpec, options: OpenOptions = {}): Dataset {
  const { dataset: name, root, split, size, centerCrop, others = 'masked', strict } = spec;
  const folders = cocoStuffFolders(root, split, { datasets: [name], onWarning: options.onWarning });
  const ids = folders.flatMap((folder) => readCuratedList(root, folder, name).map((id) => `${folder}/${id}`));
  const prepared = preparedScale(root);
  const scale = remainingScale(spec, prepared);
  const extension = prepared === undefined ? 'jpg' : 'png';
  const filesOf = (index: number) => [
    join(root, 'images', `${ids[index]}.${extension}`),
    join(root, 'annotations', `${ids[index]}.png`),
  ];
  const read = async (index: number, wanted: { readonly label: boolean }): Promise<Sample> => {
    const id = ids[index];
    const [imageFile, labelFile] = filesOf(index);
    const [{ image }, classes] = await Promise.all([
      readImage(imageFile, { alpha: 'mask' }),
      wanted.label || others === 'masked' ? readClasses(labelFile, name) : undefined,
    ]);
    const [height, width, bands] = image.shape;
    if (classes && (classes.height !== height || classes.width !== width)) {
      throw new UnreadableImageError(
        imageFile,
        `the label of '${id}' is ${classes.height}x${classes.width}, its image ${height}x${width}`,
      );
    }
    const rgb = bands === 3 ? image : greyToRgb(image);
    const scaled = size
      ? resizeImage({ image: rgb }, size).image
      : scale === 1
        ? rgb
        : scaleImage(rgb.data, [height, width, 3], scale);
    const to = [scaled.shape[0], scaled.shape[1]] as const;
    const label =
      classes &&
      (size ? resizeLabels(classes.ids, [height, width], size) : scaleLabels(classes.ids, [height, width], scale));
    const fitted = fitCentre({ id, image: scaled, ...(label && { label }) }, centerCrop ?? atLeast(to));
    return { ...fitted, ...(fitted.label && others === 'masked' && { valid: validWhere(fitted.label) }) };
  };
  const classes = name === 'coco-stuff3' ? COCO_STUFF3_CLASSES : COCO_STUFF_CLASSES;
  return indexedDataset({ name, ids, classes, channels: 3, read, filesOf }, { ...options, strict });
}

/** Longer side of COCO's largest images, 640 pixels, at the dataset's scale. */
export function cocoStuffLongSide({ scale = COCO_STUFF_SCALE }: Pick<CocoStuffSpec, 'scale'>): number {
  return scaledSide(640, scale);
}

/** The folders of a split; where none is asked for, those that a list of the datasets is there for, if any is. */
export function cocoStuffFolders(
  root: string,
  split: CocoStuffSpec['split'],
  { datasets, onWarning }: OpenOptions & { readonly datasets: readonly CocoStuffSpec['dataset'][] },
): readonly string[] {
  const all = COCO_STUFF_FOLDERS[split ?? 'all'];
  const hasList = (folder: string) =>
    datasets.some((dataset) => existsSync(join(root, 'curated', folder, `${COCO_STUFF_LISTS[dataset]}.txt`)));
  const there = all.filter(hasList);
  if (split !== undefined || there.length === 0 || there.length === all.length) return all;
  const absent = all.filter((folder) => !there.includes(folder));
  onWarning?.(`coco-stuff: '${root}' has no list of ${absent.join()}: only ${there.join()} is read`);
  return there;
}

/**
 * The ids that a dataset takes from one folder.
 *
 * @throws RangeError when the list is missing, saying where to get it
 */
export function readCuratedList(root: string, folder: string, dataset: CocoStuffSpec['dataset']): string[] {
  const list = COCO_STUFF_LISTS[dataset];
  const file = join(root, 'curated', folder, `${list}.txt`);
  if (!existsSync(root)) throw new RangeError(`coco-stuff: the folder '${root}' does not exist`);
  if (existsSync(file)) return readIdList(file);
  throw new RangeError(
    `coco-stuff: no list '${file}': the ids of the images that IIC chose, one a line. ` +
      `The lists come with the code of PiCIE (github.com/janghyuncho/PiCIE, folder curated); ` +
      '`autoregseg data check` says what else is missing',
  );
}

/** What prepareCocoStuff has scaled the images under a root by; undefined for the release itself. */
function preparedScale(root: string): number | undefined {
  const file = join(root, 'prepared.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { scale: number }).scale;
}

function remainingScale({ scale, size }: CocoStuffSpec, prepared: number | undefined): number {
  if (prepared === undefined || size) return scale ?? COCO_STUFF_SCALE;
  if (scale === undefined || scale === prepared) return 1;
  throw new RangeError(
    `coco-stuff: these images are scaled by ${prepared} already, got scale ${scale}; prepare them anew`,
  );
}

async function readClasses(file: string, name: CocoStuffSpec['dataset']) {
  const { height, width, ids } = await readLabel(file);
  const at = ids.findIndex((id) => id > COCO_STUFF_LAST_ID && id !== IGNORE_ID);
  if (at >= 0) {
    throw new UnreadableImageError(
      file,
      `number ${ids[at]} at row ${Math.floor(at / width)}, column ${at % width}; ` +
        `COCO-Stuff has 0 to ${COCO_STUFF_LAST_ID}, and ${IGNORE_ID} for unlabelled`,
    );
  }
  return { height, width, ids: cocoStuffClasses(ids, name) };
}

/** A few of COCO's photographs are grey. */
function greyToRgb({ shape, data }: Sample['image']): Sample['image'] {
  const rgb = Float32Array.from({ length: 3 * data.length }, (_, at) => data[Math.floor(at / 3)]);
  return { shape: [shape[0], shape[1], 3], data: rgb };
}

function atLeast([height, width]: readonly [number, number]): readonly [number, number] {
  return [Math.max(height, LEAST_SIDE), Math.max(width, LEAST_SIDE)];
}

function validWhere(label: Int32Array): Uint8Array {
  return Uint8Array.from(label, (id) => (id === IGNORE_ID ? 0 : 1));
}
