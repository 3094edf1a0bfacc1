/**
 * A dataset whose decoded images are kept on disk, so that training decodes each of them once and for all.
 *
 *   FOLDER/<hash of what the dataset is>/index.bin        one entry an image: cache-index.ts
 *   FOLDER/<hash of what the dataset is>/00000.shard      decoded images one after another, up to 64 MiB a file
 *
 * The cache fills as images are asked for. What is read from it is checked by its hash, and by size and time of the files
 * that it was made of; what is damaged or outdated is decoded and written again. Values are exactly those of the dataset.
 * A window of an image that was checked once is read and unpacked alone.
 * One process writes at a time; others read what is there. Labels are not kept: training reads none.
 */
import { mkdirSync, truncateSync, existsSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeEntry, endOf, readCacheIndex, shortHash, type CacheEntry } from './cache-index.js';
import { lockFolder } from './folder-lock.js';
import { cropSample } from './crop.js';
import type { Dataset, ImageWindow, Sample } from './dataset.js';
import { packedBytes, packSample, unpackSample, unpackWindow } from './packed-sample.js';

export interface DiskCacheOptions {
  /** May hold the caches of many datasets. */
  readonly folder: string;
  /** What the dataset is, such as its specification: another one gets another cache. */
  readonly key: object;
  /** Bytes of a shard; an image that is larger has one of its own. @defaultValue 2 ** 26 */
  readonly shardBytes?: number;
  readonly onWarning?: (message: string) => void;
}

export interface CachedDataset extends Dataset {
  /** Images that lie in the cache. */
  readonly cached: () => number;
  /** Waits for what is being written, and lets others write. */
  close(): Promise<void>;
}

/**
 * Wraps a dataset. The caller closes it.
 *
 * @throws RangeError when shardBytes is no positive number
 * @example
 * const dataset = cachedOnDisk(openDataset(spec), { folder: '/scratch/cache', key: spec });
 * const stream = batches(dataset, { batchSize: 8, crop: [96, 96] });
 */
export function cachedOnDisk(dataset: Dataset, options: DiskCacheOptions): CachedDataset {
  const { key, shardBytes = 2 ** 26, onWarning = () => undefined } = options;
  if (!(shardBytes > 0)) throw new RangeError(`cachedOnDisk: shardBytes must be above 0, got ${shardBytes}`);
  const identity = JSON.stringify({ version: 1, key, ids: shortHash(dataset.ids.join('\n')).toString('hex') });
  const folder = join(options.folder, shortHash(identity).toString('hex'));
  mkdirSync(folder, { recursive: true });
  const unlock = lockFolder(folder);
  if (!unlock) onWarning(`another process writes the cache '${folder}'; this one only reads it`);
  const indexFile = join(folder, 'index.bin');
  const { entries, wholeBytes } = readCacheIndex(indexFile);
  // An entry that a crash cut off would hide those that are appended behind it.
  if (unlock && existsSync(indexFile)) truncateSync(indexFile, wholeBytes);
  const files = new Map<string, Promise<FileHandle>>();
  const handle = (name: string, flags: string) => {
    const known = files.get(name + flags) ?? open(join(folder, name), flags);
    files.set(name + flags, known);
    return known;
  };
  let end = endOfShards(entries.values());
  let written: Promise<void> = Promise.resolve();
  let waiting = 0;
  /** Images whose bytes on disk are those of their hash. */
  const checked = new Set<number>();

  const load = async (index: number, stamp: Buffer): Promise<Sample | undefined> => {
    const entry = entries.get(index);
    if (!entry?.stamp.equals(stamp)) return undefined;
    const bytes = Buffer.alloc(packedBytes(entry));
    const shard = await handle(shardName(entry.shard), 'r');
    const { bytesRead } = await shard.read(bytes, 0, bytes.length, entry.offset);
    if (bytesRead === bytes.length && shortHash(bytes).equals(entry.hash)) {
      checked.add(index);
      return { id: dataset.ids[index], ...unpackSample({ ...entry, bytes }) };
    }
    onWarning(
      `the cache of '${dataset.ids[index]}' is damaged (${join(folder, shardName(entry.shard))}); it is made anew`,
    );
    entries.delete(index);
    return undefined;
  };
  const loadWindow = async (entry: CacheEntry, window: ImageWindow) => {
    const [height, width, channels] = entry.shape;
    const [top, rows] = [window.corner[0], window.size[0]];
    const rowBytes = width * channels * entry.valueBytes;
    const bytes = Buffer.alloc(rows * (rowBytes + (entry.hasValid ? width : 0)));
    const shard = await handle(shardName(entry.shard), 'r');
    await shard.read(bytes, 0, rows * rowBytes, entry.offset + top * rowBytes);
    if (entry.hasValid) {
      await shard.read(bytes, rows * rowBytes, rows * width, entry.offset + height * rowBytes + top * width);
    }
    return unpackWindow({ ...entry, shape: [rows, width, channels], bytes, top }, window);
  };
  const store = async (index: number, sample: Sample, stamp: Buffer): Promise<void> => {
    const { bytes, ...form } = packSample(sample);
    if (end.offset > 0 && end.offset + bytes.length > shardBytes) end = { shard: end.shard + 1, offset: 0 };
    const { shard } = end;
    const file = await handle(shardName(shard), 'a+');
    // A run that was killed may have left bytes behind the last entry: the file says where it ends.
    const { size: offset } = await file.stat();
    await file.write(bytes);
    end = { shard, offset: offset + bytes.length };
    const entry: CacheEntry = { index, shard, offset, ...form, hash: shortHash(bytes), stamp };
    await (await handle('index.bin', 'a')).write(encodeEntry(entry));
    entries.set(index, entry);
    checked.delete(index);
  };
  const get: Dataset['get'] = async (index, wanted = {}) => {
    if (wanted.label ?? true) return dataset.get(index, wanted);
    const stamp = await stampOf(dataset.filesOf?.(index) ?? []);
    const known = await load(index, stamp);
    if (known) return known;
    const sample = await dataset.get(index, wanted);
    if (unlock) {
      // A full disk costs the cache, not the training; a slow one slows reading down before memory fills.
      if (waiting >= MOST_WAITING) await written;
      waiting++;
      written = written
        .then(() => store(index, sample, stamp))
        .catch((error: Error) => onWarning(`cache: ${error.message}`))
        .finally(() => waiting--);
    }
    return sample;
  };
  const getWindow: Dataset['getWindow'] = async (index, place) => {
    const entry = checked.has(index) ? entries.get(index) : undefined;
    if (entry?.stamp.equals(await stampOf(dataset.filesOf?.(index) ?? []))) {
      const [height, width] = entry.shape;
      return { id: dataset.ids[index], ...(await loadWindow(entry, place(height, width))) };
    }
    const sample = await get(index, { label: false });
    const { corner, size } = place(sample.image.shape[0], sample.image.shape[1]);
    return cropSample(sample, corner, size);
  };
  return {
    ...dataset,
    get skipped() {
      return dataset.skipped;
    },
    get,
    getWindow,
    cached: () => entries.size,
    [Symbol.asyncIterator]: () => dataset[Symbol.asyncIterator](),
    async close() {
      await written;
      for (const file of files.values()) await (await file).close();
      files.clear();
      unlock?.();
    },
  };
}

/** Decoded images that wait to be written. */
const MOST_WAITING = 16;

const shardName = (shard: number) => `${String(shard).padStart(5, '0')}.shard`;

function endOfShards(entries: Iterable<CacheEntry>): { readonly shard: number; readonly offset: number } {
  let last = { shard: 0, offset: 0 };
  for (const entry of entries) {
    if (entry.shard > last.shard || (entry.shard === last.shard && endOf(entry) > last.offset)) {
      last = { shard: entry.shard, offset: endOf(entry) };
    }
  }
  return last;
}

/** Changes when a file does; a file that is gone counts as one of no bytes, and fails when it is decoded. */
async function stampOf(files: readonly string[]): Promise<Buffer> {
  const states = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size, mtimeMs }) => `${size}@${mtimeMs}`,
        () => 'none',
      ),
    ),
  );
  return shortHash(states.join(' '));
}
