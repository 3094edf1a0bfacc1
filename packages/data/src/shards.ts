/**
 * Images in tar archives, as WebDataset lays them out: files of one name up to its first dot are one sample.
 *
 *   train-000000.tar:  0001.jpg  0001.seg.png  0002.jpg  0002.seg.png ...
 *
 * Opening reads the archives' headers; a sample is read from its place, so that shuffling is exact as everywhere. Memory is
 * that of the index: a name and a few numbers for each image.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UnreadableImageError, type Dataset, type Sample } from './dataset.js';
import { readImageHeader } from './image-header.js';
import type { NamedBytes } from './image-source.js';
import { indexedDataset, type OpenOptions } from './indexed-dataset.js';
import { applyLabelMap, readLabelMap, type LabelMap } from './label-map.js';
import { readImage } from './read-image.js';
import { readPngLabel } from './read-label.js';
import { resizeImage, resizeLabels, targetSize } from './resize.js';
import { withChannels } from './spread-grey.js';
import { readTarIndex, type TarEntry } from './tar-index.js';

export interface ShardsSpec {
  readonly dataset: 'shards';
  /** Tar archives, folders of them, or ranges such as train-{000000..000146}.tar. */
  readonly shards: string | readonly string[];
  /** What the numbers of label files (.seg.png, .label.png, .mask.png) mean; without it labels are left alone. */
  readonly labelMap?: string | LabelMap;
  readonly size?: readonly [height: number, width: number];
  readonly longSide?: number;
  readonly strict?: boolean;
}

/** A file within an archive. */
interface Part extends TarEntry {
  readonly shard: string;
}

interface Entry {
  readonly id: string;
  readonly image: Part;
  readonly label?: Part;
}

const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'tif', 'tiff'];
const LABEL_EXTENSIONS = ['seg.png', 'label.png', 'mask.png'];
/** Images whose headers are looked at when archives are opened. */
const FIRST_IMAGES = 20;
const READING = { alpha: 'mask' } as const;

/**
 * Opens the archives.
 *
 * @throws RangeError when there are none, one is damaged, or none holds an image
 * @example
 * openShards({ dataset: 'shards', shards: '/data/train-{000000..000009}.tar' });
 */
export function openShards(spec: ShardsSpec, options: OpenOptions = {}): Dataset {
  const { strict } = spec;
  const labelMap = spec.labelMap === undefined ? undefined : readLabelMap(spec.labelMap);
  const shards = (typeof spec.shards === 'string' ? [spec.shards] : spec.shards).flatMap(archivesOf);
  const entries = shards.flatMap((shard) => samplesOf(shard));
  if (entries.length === 0)
    throw new RangeError(`shards: no images in ${shards.length} archives, the first is '${shards[0]}'`);
  const channels = channelsOf(entries);
  const read = async (index: number, wanted: { readonly label: boolean }): Promise<Sample> => {
    const { id, image, label } = entries[index];
    const source = await bytesOf(image);
    const whole = withChannels(source.name, await readImage(source, READING), channels);
    const [height, width] = whole.image.shape;
    const size = targetSize([height, width], spec);
    const resized = { id, ...resizeImage(whole, size) };
    if (!labelMap || !label || !wanted.label) return resized;
    const ids = readPngLabel(await bytesOf(label));
    if (ids.height !== height || ids.width !== width) {
      throw new UnreadableImageError(source.name, `its label is ${ids.height}x${ids.width}, it is ${height}x${width}`);
    }
    return { ...resized, label: resizeLabels(applyLabelMap(ids.ids, labelMap), [height, width], size) };
  };
  const parts = {
    name: 'shards',
    ids: entries.map(({ id }) => id),
    classes: labelMap?.classes ?? [],
    channels,
    read,
    filesOf: (index: number) => [entries[index].image.shard],
  };
  return indexedDataset(parts, { ...options, strict });
}

async function bytesOf({ shard, name, offset, size }: Part): Promise<NamedBytes> {
  const file = await open(shard, 'r');
  try {
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, offset);
    return { name: `${shard}: ${name}`, bytes: bytes.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

/** Channels of the first images; grey ones may stand among colour ones. */
function channelsOf(entries: readonly Entry[]): number {
  const reasons: string[] = [];
  const bands = entries.slice(0, FIRST_IMAGES).flatMap(({ image: { shard, name, offset, size } }) => {
    const bytes = Buffer.alloc(size);
    const descriptor = openSync(shard, 'r');
    readSync(descriptor, bytes, 0, size, offset);
    closeSync(descriptor);
    try {
      return [readImageHeader({ name: `${shard}: ${name}`, bytes }, READING).bands];
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
      reasons.push(error.message);
      return [];
    }
  });
  if (bands.length === 0) throw new RangeError(`shards: none of the first images can be read: ${reasons[0]}`);
  return Math.max(...bands);
}

/** A folder's archives, a range's, or the archive itself. */
function archivesOf(place: string): string[] {
  const range = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/.exec(place);
  if (range) {
    const [, before, first, last, after] = range;
    const count = Number(last) - Number(first) + 1;
    return Array.from({ length: Math.max(0, count) }, (_, at) =>
      String(Number(first) + at).padStart(first.length, '0'),
    ).flatMap((number) => archivesOf(before + number + after));
  }
  if (!existsSync(place)) throw new RangeError(`shards: '${place}' does not exist`);
  if (!statSync(place).isDirectory()) return [place];
  const archives = readdirSync(place).filter((name) => name.endsWith('.tar'));
  if (archives.length === 0) throw new RangeError(`shards: '${place}' holds no .tar`);
  return archives.sort().map((name) => join(place, name));
}

/** Files that follow one another with the same name up to the first dot. */
function samplesOf(shard: string): Entry[] {
  const samples: Entry[] = [];
  let [key, parts]: [string, Map<string, Part>] = ['', new Map()];
  const finish = () => {
    const image = IMAGE_EXTENSIONS.map((extension) => parts.get(extension)).find((part) => part !== undefined);
    const label = LABEL_EXTENSIONS.map((extension) => parts.get(extension)).find((part) => part !== undefined);
    if (image) samples.push({ id: `${basename(shard, '.tar')}/${key}`, image, ...(label && { label }) });
    parts = new Map();
  };
  for (const entry of readTarIndex(shard)) {
    const name = entry.name.replace(/^\.\//, '');
    const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
    if (dot < 0) continue;
    if (name.slice(0, dot) !== key) {
      finish();
      key = name.slice(0, dot);
    }
    parts.set(name.slice(dot + 1).toLowerCase(), { ...entry, shard });
  }
  finish();
  return samples;
}
