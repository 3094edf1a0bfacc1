import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { IGNORE_ID, type Dataset, type Sample } from './dataset.js';
import { cachedOnDisk } from './disk-cache.js';
import { packSample, unpackSample } from './packed-sample.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-cache-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Five images of 4x5x3 made of bytes; the last one has a mask. Each has a file that it seems to be read from. */
function numbered() {
  const reads: number[] = [];
  const file = (index: number) => join(root, `${index}.source`);
  for (let index = 0; index < 5; index++) if (!existsSync(file(index))) writeFileSync(file(index), '.');
  const get = async (index: number): Promise<Sample> => {
    reads.push(index);
    const data = Float32Array.from({ length: 60 }, (_, at) => ((index * 40 + at) % 256) / 255);
    const valid = Uint8Array.from({ length: 20 }, (_, at) => at % 2);
    return {
      id: `${index}`,
      image: { shape: [4, 5, 3], data },
      ...(index === 4 && { valid }),
      label: new Int32Array(20),
    };
  };
  const dataset: Dataset = {
    name: 'numbered',
    size: 5,
    ids: ['0', '1', '2', '3', '4'],
    classes: [],
    ignoreId: IGNORE_ID,
    channels: 3,
    get,
    filesOf: (index) => [file(index)],
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < 5; index++) yield await get(index);
    },
  };
  return { dataset, reads, file };
}

const unlabelled = { label: false };

/** All five images through a cache in this folder, and what was read from the dataset for them. */
async function pass(folder: string, options: { shardBytes?: number; warnings?: string[] } = {}) {
  const { dataset, reads } = numbered();
  const { warnings = [], shardBytes } = options;
  const cached = cachedOnDisk(dataset, { folder, key: {}, shardBytes, onWarning: (text) => warnings.push(text) });
  const samples: Sample[] = [];
  for (let index = 0; index < 5; index++) samples.push(await cached.get(index, unlabelled));
  await cached.close();
  return { samples, reads, cache: join(folder, readdirSync(folder)[0]) };
}

describe('packSample: value', () => {
  it.each([
    ['bytes', 1, [0, 1 / 255, 254 / 255, 1]],
    ['16 bit', 2, [0, 1 / 65535, 255 / 65535, 1]],
    ['floats', 4, [0, 0.1234567, 1 / 3, 1]],
  ] as const)('keeps %s exactly, in as few bytes', (_, valueBytes, values) => {
    const image = { shape: [2, 2, 1] as const, data: Float32Array.from(values) };
    const packed = packSample({ image, valid: Uint8Array.of(1, 0, 1, 1) });
    expect([packed.valueBytes, packed.bytes.length]).toEqual([valueBytes, 4 * valueBytes + 4]);
    expect(unpackSample({ ...packed, bytes: Buffer.concat([Buffer.of(1), packed.bytes]).subarray(1) })).toEqual({
      image,
      valid: Uint8Array.of(1, 0, 1, 1),
    });
  });
});

describe('cachedOnDisk: value', () => {
  it('decodes each image once for all runs, and gives the same numbers', async () => {
    const folder = join(root, 'once');
    const first = await pass(folder);
    expect(first.reads).toEqual([0, 1, 2, 3, 4]);
    const second = await pass(folder);
    expect(second.reads).toEqual([]);
    const { dataset } = numbered();
    for (let index = 0; index < 5; index++) {
      const { label: _, ...expected } = await dataset.get(index);
      expect(second.samples[index]).toEqual(expected);
    }
    // 60 bytes an image, 20 more for a mask, and 80 in the index: bytes, not floats.
    expect(statSync(join(second.cache, '00000.shard')).size).toBe(5 * 60 + 20);
    expect(readdirSync(second.cache)).toEqual(['00000.shard', 'index.bin']);
  });

  it('begins another shard where one is full', async () => {
    const { cache } = await pass(join(root, 'shards'), { shardBytes: 130 });
    const sizes = readdirSync(cache)
      .filter((name) => name.endsWith('.shard'))
      .map((name) => statSync(join(cache, name)).size);
    expect(sizes).toEqual([120, 120, 80]);
    expect((await pass(join(root, 'shards'), { shardBytes: 130 })).reads).toEqual([]);
  });

  it('leaves labels to the dataset', async () => {
    const { dataset, reads } = numbered();
    const cached = cachedOnDisk(dataset, { folder: join(root, 'labels'), key: {} });
    expect((await cached.get(1)).label).toHaveLength(20);
    expect((await cached.get(1)).label).toHaveLength(20);
    expect([reads, cached.cached()]).toEqual([[1, 1], 0]);
    await cached.close();
  });

  it('makes damaged and outdated images anew, and says so of the damaged', async () => {
    const folder = join(root, 'damaged');
    const { cache } = await pass(folder);
    const shard = join(cache, '00000.shard');
    const bytes = readFileSync(shard);
    bytes[70] ^= 1;
    writeFileSync(shard, bytes);
    const warnings: string[] = [];
    expect((await pass(folder, { warnings })).reads).toEqual([1]);
    expect(warnings).toEqual([`the cache of '1' is damaged (${shard}); it is made anew`]);
    const { dataset, reads, file } = numbered();
    utimesSync(file(3), 1, 1);
    const cached = cachedOnDisk(dataset, { folder, key: {} });
    await cached.get(3, unlabelled);
    await cached.get(2, unlabelled);
    await cached.close();
    expect(reads).toContain(3);
  });

  it('goes on after a crash in the middle of a write', async () => {
    const folder = join(root, 'crash');
    const { cache } = await pass(folder);
    truncateSync(join(cache, 'index.bin'), 3 * 80 + 11);
    appendFileSync(join(cache, '00000.shard'), 'half an image');
    writeFileSync(join(cache, 'lock'), `999999999 ${hostname()}`);
    expect((await pass(folder)).reads).toEqual([3, 4]);
    expect((await pass(folder)).reads).toEqual([]);
  });

  it('has one writer; others read', async () => {
    const folder = join(root, 'two');
    const { cache } = await pass(folder);
    writeFileSync(join(cache, 'lock'), `${process.ppid} ${hostname()}`);
    const warnings: string[] = [];
    expect((await pass(folder, { warnings })).reads).toEqual([]);
    expect(warnings).toEqual([`another process writes the cache '${cache}'; this one only reads it`]);
  });
});

describe('cachedOnDisk: error', () => {
  it('names a shard size that makes no sense', () => {
    const { dataset } = numbered();
    expect(() => cachedOnDisk(dataset, { folder: root, key: {}, shardBytes: 0 })).toThrow(
      'cachedOnDisk: shardBytes must be above 0, got 0',
    );
  });
});

describe('cachedOnDisk: windows', () => {
  it('are those of the whole image, masks included, whether cut from it, from a checked image or from a new one', async () => {
    const folder = mkdtempSync(join(root, 'windows-'));
    const { dataset, reads } = numbered();
    const cached = cachedOnDisk(dataset, { folder, key: {} });
    const window = { corner: [1, 2], size: [2, 3] } as const;
    for (let round = 0; round < 3; round++) {
      for (const index of [0, 4]) {
        const { image, valid } = await dataset.get(index);
        const wanted = Array.from({ length: 2 * 3 * 3 }, (_, at) => {
          const [row, column, channel] = [Math.floor(at / 9), Math.floor(at / 3) % 3, at % 3];
          return image.data[((row + 1) * 5 + column + 2) * 3 + channel];
        });
        const sample = await cached.getWindow!(index, (height, width) => {
          expect([height, width]).toEqual([4, 5]);
          return window;
        });
        expect(sample.image.shape).toEqual([2, 3, 3]);
        expect([...sample.image.data]).toEqual(wanted);
        expect(sample.valid && [...sample.valid]).toEqual(valid && [7, 8, 9, 12, 13, 14].map((pixel) => valid[pixel]));
      }
      // Written behind what is read.
      while (cached.cached() < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // Six of them are this test's own.
    expect(reads).toHaveLength(6 + 2);
    await cached.close();
  });
});
