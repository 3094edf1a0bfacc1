/**
 * From the COCO-Stuff release to images at the scale that training reads, in the same layout (coco-stuff.ts).
 *
 * Only images that a curated list names are done, in parallel by child processes. An image whose output exists is not done
 * again, so that a run that was stopped goes on where it was. One that cannot be read is told of and left out of the lists.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '../child/write-whole.mjs';
import { bytesOfFiles } from './bytes-of-files.js';
import { ChildChannel } from './child-channel.js';
import {
  COCO_STUFF_LISTS,
  COCO_STUFF_SCALE,
  cocoStuffFolders,
  readCuratedList,
  type CocoStuffSpec,
} from './coco-stuff.js';
import { COCO_STUFF_LAST_ID } from './coco-stuff-classes.js';
import { forEachParallel } from './parallel.js';
import { preparingPatienceMs } from './patience.js';
import type { PrepareOptions } from './prepare-potsdam.js';

export interface PrepareCocoStuffOptions extends PrepareOptions {
  /** @defaultValue 0.33, as in IIC */
  readonly scale?: number;
  /** Whose lists are followed. @defaultValue both */
  readonly datasets?: readonly CocoStuffSpec['dataset'][];
  /** @defaultValue both folders, or the one whose lists are there, with a warning */
  readonly split?: NonNullable<CocoStuffSpec['split']>;
}

export interface PreparedCocoStuff {
  /** Every image was looked at, and the lists are written; false when it was stopped. */
  readonly finished: boolean;
  readonly images: number;
  /** Of these, done by an earlier run. */
  readonly reused: number;
  /** Images that could not be read, left out of the lists. */
  readonly faulty: readonly { readonly id: string; readonly reason: string }[];
}

/** What the child is asked: to scale one image and its label. */
export interface ImageQuestion {
  readonly image: string;
  readonly label: string;
  readonly imageOut: string;
  readonly labelOut: string;
  readonly scale: number;
  readonly lastId: number;
}

const ALL_DATASETS = Object.keys(COCO_STUFF_LISTS) as CocoStuffSpec['dataset'][];

/**
 * Prepares COCO-Stuff.
 *
 * @param raw - folder with images, annotations and curated
 * @param out - folder for the same three; it may hold an earlier, unfinished run
 * @throws RangeError when a list is missing, the options make no sense or differ from those of the earlier run
 * @example
 * await prepareCocoStuff('/data/coco', '/data/coco-small', { datasets: ['coco-stuff3'], onWarning: console.warn });
 */
export async function prepareCocoStuff(
  raw: string,
  out: string,
  options: PrepareCocoStuffOptions = {},
): Promise<PreparedCocoStuff> {
  const { scale = COCO_STUFF_SCALE, datasets = ALL_DATASETS, split } = options;
  const { workers = availableParallelism(), signal, onProgress, onWarning } = options;
  if (!(scale > 0 && scale <= 1)) throw new RangeError(`prepareCocoStuff: scale must be in 0..1, got ${scale}`);
  if (!(Number.isInteger(workers) && workers >= 1)) {
    throw new RangeError(`prepareCocoStuff: workers must be a whole number of at least 1, got ${workers}`);
  }
  const folders = cocoStuffFolders(raw, split, { datasets, onWarning });
  const lists = folders.flatMap((folder) =>
    datasets.map((dataset) => ({
      folder,
      list: COCO_STUFF_LISTS[dataset],
      ids: readCuratedList(raw, folder, dataset),
    })),
  );
  for (const folder of folders) {
    for (const part of ['images', 'annotations', 'curated']) mkdirSync(join(out, part, folder), { recursive: true });
  }
  await writeRecord(out, scale);
  // With their folder: train2017/000000000009.
  const ids = [...new Set(lists.flatMap(({ folder, ids: listed }) => listed.map((id) => `${folder}/${id}`)))];
  const todo = ids.filter((id) => !existsSync(join(out, 'images', `${id}.png`)));
  const reused = ids.length - todo.length;
  const faulty: { id: string; reason: string }[] = [];
  let done = reused;
  onProgress?.(done, ids.length, reused > 0 ? `${reused} done before` : '');
  await forEachParallel(todo, { workers, signal, open: imageChannel }, async (id, channel) => {
    try {
      const question = questionOf(raw, out, id, scale);
      const bytes = bytesOfFiles([question.image, question.label]);
      await channel.ask(question, { patienceMs: preparingPatienceMs(bytes) });
    } catch (error) {
      const reason = (error as Error).message;
      faulty.push({ id, reason });
      onWarning?.(`left out '${id}': ${reason}`);
    }
    done++;
    onProgress?.(done, ids.length, id);
  });
  const finished = done === ids.length;
  const left = new Set(faulty.map(({ id }) => id));
  if (finished && left.size === ids.length) {
    throw new RangeError(
      `prepareCocoStuff: none of the ${ids.length} images can be read; the first: ${faulty[0].reason}`,
    );
  }
  if (finished) {
    for (const { folder, list, ids: listed } of lists) {
      const kept = listed.filter((id) => !left.has(`${folder}/${id}`));
      await writeWhole(join(out, 'curated', folder, `${list}.txt`), kept.map((id) => `${id}\n`).join(''));
    }
  }
  return { finished, images: done - faulty.length, reused, faulty };
}

function questionOf(raw: string, out: string, id: string, scale: number): ImageQuestion {
  return {
    image: join(raw, 'images', `${id}.jpg`),
    label: join(raw, 'annotations', `${id}.png`),
    imageOut: join(out, 'images', `${id}.png`),
    labelOut: join(out, 'annotations', `${id}.png`),
    scale,
    lastId: COCO_STUFF_LAST_ID,
  };
}

function imageChannel(): ChildChannel {
  return new ChildChannel({
    script: fileURLToPath(new URL('../child/prepare-coco-stuff.mjs', import.meta.url)),
    name: 'the process that scales images',
    refuse: (_, reason) => new RangeError(reason),
  });
}

/** OUT/prepared.json says that images are scaled, and by what. */
async function writeRecord(out: string, scale: number): Promise<void> {
  const file = join(out, 'prepared.json');
  const record = { dataset: 'coco-stuff', scale };
  if (!existsSync(file)) return writeWhole(file, JSON.stringify(record));
  const earlier = JSON.parse(readFileSync(file, 'utf8')) as typeof record;
  if (earlier.scale === scale) return;
  throw new RangeError(
    `prepareCocoStuff: '${out}' was prepared with scale ${earlier.scale}, got ${scale}; take another folder`,
  );
}
