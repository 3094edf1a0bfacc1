import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tiffBytes } from '../test/write-tiff.js';
import { decodeTiff } from './tiff-process.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-tiff-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a header says; it only sets how long decoding may take. */
const small = { height: 1, width: 2, samples: 1, bitsPerSample: [8] };

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

// First, while no child runs yet.
describe('decodeTiff: error', () => {
  it('survives the death of the child: the file is named, and the next one gets a new child', async () => {
    const good = written('next.tif', tiffBytes({ height: 1, width: 2, data: Uint8Array.of(1, 2) }));
    const environment = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--max-old-space-size=1'; // Node itself does not fit into this.
    try {
      await decodeTiff(good, small).then(
        () => expect.unreachable('the first child cannot have lived'),
        (error: Error) => expect(error.message).toMatch(/next\.tif: the TIFF decoder ended \((SIG\w+|exit code \d+)\)/),
      );
    } finally {
      if (environment === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = environment;
    }
    expect([...(await decodeTiff(good, small)).data]).toEqual([1, 2]);
  });

  it('names the file, and goes on with the next one', async () => {
    const good = tiffBytes({ height: 1, width: 2, data: Uint8Array.of(1, 2) });
    const cut = written('cut.tif', good.subarray(0, 12));
    await expect(decodeTiff(cut, small)).rejects.toMatchObject({ name: 'UnreadableImageError', file: cut });
    expect([...(await decodeTiff(written('good.tif', good), small)).data]).toEqual([1, 2]);
  });
});

describe('decodeTiff: value', () => {
  it('hands over samples in their own type, several files asked for at once', async () => {
    const data = Float32Array.of(0.5, -3, 7, 8, 9, 10);
    const file = written('floats.tif', tiffBytes({ height: 1, width: 2, data, planar: 2 }));
    const [first, second] = await Promise.all([decodeTiff(file, small), decodeTiff(file, small)]);
    expect(first).toEqual({ height: 1, width: 2, samples: 3, data });
    expect(second).toEqual(first);
  });
});
