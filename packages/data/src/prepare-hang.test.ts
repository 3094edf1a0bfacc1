/** Preparation meets files that never come to an end: named pipes that nobody writes to, on systems that have them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareCocoStuff } from './prepare-coco-stuff.js';
import { preparePotsdam } from './prepare-potsdam.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-hang-'));
const SECONDS = process.env.AUTOREGSEG_DECODE_SECONDS;
beforeAll(() => {
  process.env.AUTOREGSEG_DECODE_SECONDS = '0.1';
});
afterAll(() => {
  if (SECONDS === undefined) delete process.env.AUTOREGSEG_DECODE_SECONDS;
  else process.env.AUTOREGSEG_DECODE_SECONDS = SECONDS;
  rmSync(root, { recursive: true });
});

const ENDED =
  'was ended after 1.0 s without an answer; if the file is sound, allow more with AUTOREGSEG_DECODE_SECONDS';

/** Writes pixels of one level. */
async function writePicture(file: string, channels: 1 | 3): Promise<void> {
  const picture = sharp(Buffer.alloc(32 * 32 * channels, 1), { raw: { width: 32, height: 32, channels } });
  await (channels === 1 ? picture.toColourspace('b-w') : picture).toFile(file);
}

describe.skipIf(process.platform === 'win32')('a file that a process waits for without end', () => {
  it('of COCO-Stuff is left out by name, and the next image gets a new process', async () => {
    const raw = join(root, 'coco');
    for (const part of ['images', 'annotations', 'curated']) mkdirSync(join(raw, part, 'val2017'), { recursive: true });
    writeFileSync(join(raw, 'curated/val2017/Coco164kFew_Stuff_6.txt'), '1\n2\n');
    execFileSync('mkfifo', [join(raw, 'images/val2017/1.jpg')]);
    await writePicture(join(raw, 'images/val2017/2.jpg'), 3);
    for (const id of ['1', '2']) await writePicture(join(raw, `annotations/val2017/${id}.png`), 1);
    const { images, faulty } = await prepareCocoStuff(raw, join(root, 'coco-out'), {
      datasets: ['coco-stuff3'],
      workers: 1,
    });
    expect(images).toBe(1);
    expect(faulty).toEqual([{ id: 'val2017/1', reason: expect.stringContaining(ENDED) }]);
  });

  it('of Potsdam ends the preparation, which names the tile', async () => {
    const raw = join(root, 'potsdam');
    for (const part of ['4_Ortho_RGBIR', '5_Labels_for_participants']) mkdirSync(join(raw, part), { recursive: true });
    const tile = join(raw, '4_Ortho_RGBIR/top_potsdam_2_10_RGBIR.tif');
    execFileSync('mkfifo', [tile]);
    const preparing = preparePotsdam(raw, join(root, 'potsdam-out'), { crop: 8, workers: 1 });
    await expect(preparing).rejects.toThrow(`preparePotsdam: tile 2_10: the process that cuts tiles ${ENDED}`);
  });
});
