/** A data set of a million images costs memory for its index only: an archive of that many, opened and shuffled. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { batches } from './batches.js';
import { openDataset } from './open-dataset.js';

/** A factor of 16 apart: how the index grows. */
const COUNTS = [62_500, 1_000_000];
const folder = mkdtempSync(join(tmpdir(), 'autoregseg-million-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A tar archive of one image under many names. */
function writeArchive(file: string, image: Buffer, images: number): void {
  const entry = Buffer.alloc(512 + 512 * Math.ceil(image.length / 512));
  image.copy(entry, 512);
  const field = (text: string, at: number) => entry.write(text, at, 'latin1');
  field('0000644\0', 100);
  field(`${image.length.toString(8).padStart(11, '0')}\0`, 124);
  field('0', 156);
  field('ustar\x0000', 257);
  const target = openSync(file, 'w');
  const chunk: Buffer[] = [];
  for (let index = 0; index < images; index++) {
    field(`${String(index).padStart(7, '0')}.png\0`, 0);
    field(' '.repeat(8), 148);
    const sum = entry.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    field(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    chunk.push(Buffer.from(entry));
    if (chunk.length === 1000) writeSync(target, Buffer.concat(chunk.splice(0)));
  }
  writeSync(target, Buffer.concat([...chunk, Buffer.alloc(1024)]));
  closeSync(target);
}

/** Bytes that are held, rubbish cleared away. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('an archive of a million images and one of a sixteenth', () => {
  it.each(COUNTS)('is opened, shuffled and read from within half a kilobyte an image: %i', async (images) => {
    const image = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#4080c0' } })
      .png()
      .toBuffer();
    const archive = join(folder, `${images}.tar`);
    writeArchive(archive, image, images);
    const before = heldBytes();
    const started = performance.now();
    const dataset = openDataset({ dataset: 'shards', shards: archive });
    const opened = (performance.now() - started) / 1000;
    expect(dataset.size).toBe(images);
    const index = heldBytes() - before;
    const stream = batches(dataset, { batchSize: 8, crop: [16, 16], seed: 1, cacheBytes: 0 });
    const { value } = (await stream.next()) as IteratorYieldResult<{ ids: readonly string[] }>;
    expect(new Set(value.ids).size).toBe(8);
    const training = heldBytes() - before;
    await stream.return!();
    console.log(
      `${images} images: opened in ${opened.toFixed(1)} s, index ${(index / 1e6).toFixed(0)} MB, ` +
        `with the order of an epoch and batches read ahead ${(training / 1e6).toFixed(0)} MB`,
    );
    expect(training).toBeLessThan(500 * images);
  });
});
