/**
 * From the tiles of the Potsdam release to the crops that training reads, cut as in [1].
 *
 *   tile 6000x6000 -> half size (mean of 2x2; labels: their upper left pixel) -> 15x15 crops of 200x200
 *
 * Tiles are done in parallel by child processes. `prepared.json` says which are done, so that a run that was stopped, or
 * failed at a damaged tile, goes on where it was; a tile whose file has changed is done again.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019; its code: potsdam_prepare.py.
 * Differs from [1]: crops have names that tell where they are from, and the test crops are drawn from a seed. [1] drew
 * both at random without one, so its very lists come with its archive only.
 */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '../child/write-whole.mjs';
import { bytesOfFiles } from './bytes-of-files.js';
import { ChildChannel } from './child-channel.js';
import { forEachParallel } from './parallel.js';
import { preparingPatienceMs } from './patience.js';
import { POTSDAM_COLOURS, POTSDAM_LISTS } from './potsdam-classes.js';
import { findPotsdamRelease, type PotsdamLabels, type PotsdamTile } from './potsdam-release.js';
import { permutation, randomStream } from './random-stream.js';

export interface PrepareOptions {
  /** Child processes. @defaultValue as many as cores */
  readonly workers?: number;
  /** Aborted: what is under way is finished, and the next run goes on from there. */
  readonly signal?: AbortSignal;
  /** Told how much of the work is done. */
  readonly onProgress?: (done: number, total: number, note: string) => void;
  readonly onWarning?: (message: string) => void;
}

export interface PreparePotsdamOptions extends PrepareOptions {
  /** Pixels of a tile, in height and in width, that become one. @defaultValue 2 */
  readonly shrink?: number;
  /** Side of a crop, in pixels after shrinking. @defaultValue 200 */
  readonly crop?: number;
  /** @defaultValue 'participants', as in [1] */
  readonly labels?: PotsdamLabels;
  /** A label pixel that has no class's colour: refuse the tile, take the nearest class, or ignore it. @defaultValue 'error' */
  readonly unknownColours?: 'error' | 'nearest' | 'ignore';
  /** Which crops are held out for testing. @defaultValue 0 */
  readonly seed?: number;
}

export interface PreparedPotsdam {
  /** All tiles are done, and the lists written; false when it was stopped. */
  readonly finished: boolean;
  readonly tiles: number;
  /** Of these, done by an earlier run. */
  readonly reused: number;
  readonly crops: number;
  /** Crops of each list. */
  readonly lists: Readonly<Record<(typeof POTSDAM_LISTS)[number], number>>;
}

/** What the child is asked: to check a tile, or to write one row of its crops. */
export interface TileQuestion {
  readonly tile: string;
  readonly image: string;
  readonly label?: string;
  readonly row?: RowOfCrops;
}

/** Which row of crops is written, and how. */
export interface RowOfCrops {
  readonly at: number;
  readonly out: string;
  readonly crop: number;
  readonly shrink: number;
  readonly palette: readonly (readonly [number, number, number])[];
  readonly unknownColours: 'error' | 'nearest' | 'ignore';
  /** Black is a border, to be ignored. */
  readonly borders: boolean;
}

/** OUT/prepared.json */
interface PreparedRecord {
  readonly dataset: 'potsdam';
  readonly settings: Required<Pick<PreparePotsdamOptions, 'shrink' | 'crop' | 'labels' | 'unknownColours'>>;
  readonly tiles: Record<string, TileRecord>;
}

interface TileRecord {
  /** Rows and columns of crops. */
  readonly rows: number;
  readonly columns: number;
  readonly labelled: boolean;
  /** Sizes and times of the files it was made of. */
  readonly made: string;
}

/** Share of all crops that is held out, as in [1]. */
const TEST_SHARE = 0.1;
/** Red, green, blue, infrared, and three of the label's colours. */
const BYTES_PER_PIXEL = 7;

/**
 * Prepares Potsdam.
 *
 * @param raw - the release, as it unpacks (potsdam-release.ts)
 * @param out - folder for imgs, gt and the lists; it may hold an earlier, unfinished run
 * @throws RangeError with every faulty tile, naming file and pixel; the others are done all the same
 * @example
 * await preparePotsdam('/data/Potsdam', '/data/potsdam-crops', { onProgress: (done, total) => console.log(done, total) });
 */
export async function preparePotsdam(
  raw: string,
  out: string,
  options: PreparePotsdamOptions = {},
): Promise<PreparedPotsdam> {
  const { shrink = 2, crop = 200, labels = 'participants', unknownColours = 'error', seed = 0 } = options;
  const { workers = availableParallelism(), signal, onProgress, onWarning } = options;
  checkWhole({ shrink, crop, workers });
  const release = findPotsdamRelease(raw, labels);
  for (const { tile, file } of release.unlabelled)
    onWarning?.(`tile ${tile}: no label '${file}'; it counts as unlabelled`);
  if (release.missing.length > 0) {
    onWarning?.(`${release.missing.length} of the release's 38 tiles are missing: ${release.missing.join(', ')}`);
  }
  for (const folder of ['imgs', 'gt']) mkdirSync(join(out, folder), { recursive: true });
  const record = openRecord(out, { shrink, crop, labels, unknownColours });
  const todo = release.tiles.filter((tile) => record.tiles[tile.tile]?.made !== stampOf(tile));
  const reused = release.tiles.length - todo.length;
  const faults: string[] = [];
  let done = reused;
  let saved: Promise<void> = Promise.resolve();
  const save = () => (saved = saved.then(() => writeWhole(recordFile(out), JSON.stringify(record, undefined, 1))));
  const cutting = { out, crop, shrink, palette: POTSDAM_COLOURS, unknownColours, borders: labels === 'no-boundary' };
  onProgress?.(done, release.tiles.length, reused > 0 ? `${reused} done before` : '');
  await forEachParallel(todo, { workers, signal, open: tileChannel }, async (tile, channel) => {
    try {
      const grid = await cutTile(tile, cutting, { channel, signal, onWarning });
      if (!grid) return;
      record.tiles[tile.tile] = { ...grid, labelled: tile.label !== undefined, made: stampOf(tile) };
      await save();
    } catch (error) {
      faults.push(`tile ${tile.tile}: ${(error as Error).message}`);
    }
    done++;
    onProgress?.(done, release.tiles.length, `tile ${tile.tile}`);
  });
  if (faults.length > 0) throw new RangeError(`preparePotsdam: ${faults.sort().join('; ')}`);
  const finished = release.tiles.every(({ tile }) => record.tiles[tile]) && !signal?.aborted;
  const lists = cropLists(record, seed);
  if (finished) {
    await save();
    for (const list of POTSDAM_LISTS) {
      await writeWhole(join(out, `${list}.txt`), lists[list].map((id) => `${id}\n`).join(''));
    }
  }
  const [unlabelled_train, labelled_train, labelled_test] = POTSDAM_LISTS.map((list) => lists[list].length);
  return {
    finished,
    tiles: Object.keys(record.tiles).length,
    reused,
    crops: unlabelled_train + labelled_train + labelled_test,
    lists: { unlabelled_train, labelled_train, labelled_test },
  };
}

function checkWhole(values: Readonly<Record<string, number>>): void {
  const faults = Object.entries(values)
    .filter(([, value]) => !(Number.isInteger(value) && value >= 1))
    .map(([name, value]) => `${name} must be a whole number of at least 1, got ${value}`);
  if (faults.length > 0) throw new RangeError(`preparePotsdam: ${faults.join('; ')}`);
}

const recordFile = (out: string) => join(out, 'prepared.json');

/** The earlier run's record, when it cut in the same way. */
function openRecord(out: string, settings: PreparedRecord['settings']): PreparedRecord {
  const file = recordFile(out);
  if (!existsSync(file)) return { dataset: 'potsdam', settings, tiles: {} };
  const earlier = JSON.parse(readFileSync(file, 'utf8')) as PreparedRecord;
  if (JSON.stringify(earlier.settings) === JSON.stringify(settings)) return earlier;
  throw new RangeError(
    `preparePotsdam: '${out}' was prepared with ${JSON.stringify(earlier.settings)}, got ${JSON.stringify(settings)}; ` +
      'take another folder',
  );
}

/** A child that checks and cuts tiles. */
export function tileChannel(): ChildChannel {
  return new ChildChannel({
    script: fileURLToPath(new URL('../child/prepare-potsdam.mjs', import.meta.url)),
    name: 'the process that cuts tiles',
    refuse: (_, reason) => new RangeError(reason),
  });
}

/**
 * Opens a tile and its label.
 *
 * @throws RangeError when bands, bits or sizes are wrong, or a file is cut off
 */
export function inspectTile(tile: PotsdamTile, channel: ChildChannel): Promise<{ height: number; width: number }> {
  const question: TileQuestion = tile;
  const files = [tile.image, ...(tile.label === undefined ? [] : [tile.label])];
  return channel.ask(question, { patienceMs: preparingPatienceMs(bytesOfFiles(files)) });
}

/** @returns rows and columns of crops; undefined when it was stopped */
async function cutTile(
  tile: PotsdamTile,
  cutting: Omit<RowOfCrops, 'at'>,
  { channel, signal, onWarning }: Pick<PrepareOptions, 'signal' | 'onWarning'> & { readonly channel: ChildChannel },
): Promise<{ rows: number; columns: number } | undefined> {
  const { height, width } = await inspectTile(tile, channel);
  const side = cutting.crop * cutting.shrink;
  const [rows, columns] = [Math.floor(height / side), Math.floor(width / side)];
  if (rows === 0 || columns === 0) {
    throw new RangeError(`${tile.image}: ${height}x${width} is smaller than one crop of ${side}x${side}`);
  }
  if (height !== rows * side || width !== columns * side) {
    const [below, right] = [height - rows * side, width - columns * side];
    onWarning?.(`tile ${tile.tile}: ${below} rows below and ${right} columns on the right are not in any crop`);
  }
  for (let at = 0; at < rows; at++) {
    if (signal?.aborted) return undefined;
    const question: TileQuestion = { ...tile, row: { ...cutting, at } };
    await channel.ask(question, { patienceMs: preparingPatienceMs(BYTES_PER_PIXEL * side * width) });
  }
  return { rows, columns };
}

/** Changes when a file does. */
function stampOf({ image, label }: PotsdamTile): string {
  return [image, ...(label === undefined ? [] : [label])]
    .map((file) => statSync(file))
    .map(({ size, mtimeMs }) => `${size}@${Math.round(mtimeMs)}`)
    .join(' ');
}

/** Crops in the order of tiles, rows and columns; a tenth of all, drawn from the labelled ones, is held out. */
function cropLists({ tiles }: PreparedRecord, seed: number): Record<(typeof POTSDAM_LISTS)[number], string[]> {
  const two = (place: number) => String(place).padStart(2, '0');
  const crops = Object.entries(tiles)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([tile, { rows, columns, labelled }]) =>
      Array.from({ length: rows * columns }, (_, at) => ({
        id: `${tile}_${two(Math.floor(at / columns))}_${two(at % columns)}`,
        labelled,
      })),
    );
  const labelled = crops.filter((crop) => crop.labelled).map(({ id }) => id);
  const held = Math.min(Math.max(1, Math.floor(TEST_SHARE * crops.length)), Math.floor(labelled.length / 2));
  const drawn = permutation(labelled.length, randomStream(seed)).slice(0, held);
  const test = new Set(Array.from(drawn, (at) => labelled[at]));
  return {
    unlabelled_train: crops.filter((crop) => !crop.labelled).map(({ id }) => id),
    labelled_train: labelled.filter((id) => !test.has(id)),
    labelled_test: labelled.filter((id) => test.has(id)),
  };
}
