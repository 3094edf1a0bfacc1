/**
 * A tile of the release's own size: prepared in less than 30 seconds and 1 GiB, however it is stored.
 *
 * What is measured is printed: seconds, and the most memory that this process's children held at once.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { preparePotsdam } from './prepare-potsdam.js';

const root = mkdtempSync(join(tmpdir(), 'autoregseg-tile-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes an image of noisy ramps and a label of all six colours, 6000x6000, in a process of its own. */
const GENERATE = `
import sharp from 'sharp';
const [image, label, options] = process.argv.slice(1);
const side = 6000;
const bands = Buffer.alloc(side * side * 4);
for (let at = 0; at < bands.length; at++) bands[at] = ((at >> 9) + (Math.imul(at, 2654435761) >>> 28)) & 255;
await sharp(bands, { raw: { width: side, height: side, channels: 4 } }).tiff(JSON.parse(options)).toFile(image);
const colours = [[255, 255, 255], [0, 0, 255], [0, 255, 255], [0, 255, 0], [255, 255, 0], [255, 0, 0]];
const classes = Buffer.alloc(side * side * 3);
for (let at = 0; at < side * side; at++) classes.set(colours[(Math.floor(at / side / 37) + Math.floor((at % side) / 53)) % 6], 3 * at);
await sharp(classes, { raw: { width: side, height: side, channels: 3 } }).tiff(JSON.parse(options)).toFile(label);
`;

const tiles = { tile: true, tileWidth: 256, tileHeight: 256 };

describe('preparePotsdam on a tile of 6000x6000x4', () => {
  it.each([
    ['strips', { compression: 'none' }],
    ['strips, LZW with predictor', { compression: 'lzw', predictor: 'horizontal' }],
    ['tiles, LZW', { compression: 'lzw', predictor: 'none', ...tiles }],
    ['tiles, PackBits', { compression: 'packbits', ...tiles }],
  ])('takes less than 30 s and 1 GiB: %s', async (name, options) => {
    const raw = join(root, name);
    const image = join(raw, '4_Ortho_RGBIR', 'top_potsdam_2_10_RGBIR.tif');
    const label = join(raw, '5_Labels_for_participants', 'top_potsdam_2_10_label.tif');
    for (const folder of ['4_Ortho_RGBIR', '5_Labels_for_participants'])
      mkdirSync(join(raw, folder), { recursive: true });
    const script = ['--input-type=module', '-e', GENERATE, image, label, JSON.stringify(options)];
    execFileSync(process.execPath, script, { cwd: import.meta.dirname });
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, childrenBytes())), 50);
    const started = performance.now();
    const { crops } = await preparePotsdam(raw, join(root, 'out', name));
    const seconds = (performance.now() - started) / 1000;
    clearInterval(watch);
    console.log(`${name}: ${seconds.toFixed(1)} s, ${Math.round(most / 2 ** 20)} MiB`);
    expect(crops).toBe(225);
    expect(seconds).toBeLessThan(30);
    expect(most).toBeLessThan(2 ** 30);
    rmSync(raw, { recursive: true });
  });
});

/** Memory of the processes that this one has started, by Linux's /proc; 0 elsewhere. */
function childrenBytes(): number {
  try {
    const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
    return children.reduce(
      (sum, pid) => sum + 4096 * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]),
      0,
    );
  } catch {
    return 0;
  }
}
