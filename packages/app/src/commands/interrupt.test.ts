/** Ctrl-C in the middle of predict and prepare, as a terminal sends it: to the command and to all its helpers. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEngine } from '@autoregseg/engine';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import sharp from 'sharp';
import { writeRaster } from '../raster/raster.fixture.js';
import { writeSmallRun } from '../run/small-run.fixture.js';
import { succeed } from './run-command.fixture.js';
import { writeImage } from './small-images.fixture.js';
import { spawnGroup } from './spawn-command.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-interrupt-'));
const at = (name: string) => join(folder, name);
beforeAll(() => useEngine('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command, sends SIGINT to its process group when it first tells of progress, and returns what became of it. */
async function interrupted(title: string, ...words: readonly string[]) {
  const running = spawnGroup(...words);
  await running.said(title);
  process.kill(-running.process.pid!, 'SIGINT');
  return running.ended;
}

describe('Ctrl-C', () => {
  it('in the middle of a folder keeps the masks that are whole, and --resume makes the others', async () => {
    const images = 30;
    writeSmallRun(at('run'));
    const first = await writeImage(join(at('photos'), '0.png'), { height: 150, width: 160 });
    for (let i = 1; i < images; i++) cpSync(first, join(at('photos'), `${i}.png`));
    const words = ['predict', at('run'), at('photos'), '--engine', 'wasm'];
    const { code, stderr, stdout } = await interrupted('predicting 1/', ...words, '--out', at('masks'));
    expect([code, stdout], stderr).toEqual([130, '']);
    expect(stderr).toContain('stopped; the same command with --resume goes on');
    const done = readdirSync(at('masks'));
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(images);
    expect(done.filter((name) => !/^\d+\.png$/.test(name))).toEqual([]);
    const { stdout: sentence } = await succeed(...words, '--out', at('masks'), '--resume');
    expect(sentence).toContain(`${images - done.length} masks`);
    const masks = readdirSync(at('masks')).filter((name) => name.endsWith('.png'));
    expect(masks).toHaveLength(images);
    const whole = readFileSync(join(at('masks'), '0.png'));
    expect(masks.filter((name) => !readFileSync(join(at('masks'), name)).equals(whole))).toEqual([]);
  });

  it('in the middle of a raster leaves no mask but its parts, and --resume ends in the undisturbed mask', async () => {
    writeSmallRun(at('raster-run'), { channels: 4 });
    writeRaster(at('city.tif'), { height: 3100, width: 100, bands: 4, tileSide: 256 });
    const words = ['predict', at('raster-run'), at('city.tif'), '--engine', 'wasm', '--out'];
    const { code, stderr } = await interrupted('city 0/4', ...words, at('broken'));
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('stopped; the same command with --resume goes on');
    expect(readdirSync(at('broken'))).toEqual(['city.parts']);
    await succeed(...words, at('broken'), '--resume');
    expect(existsSync(join(at('broken'), 'city.parts'))).toBe(false);
    await succeed(...words, at('undisturbed'));
    expect(readFileSync(join(at('broken'), 'city.tif')).equals(readFileSync(join(at('undisturbed'), 'city.tif')))).toBe(
      true,
    );
  });

  it('in the middle of prepare keeps what is whole, and the same command makes the others', async () => {
    const images = 30;
    const raw = (part: string) => join(at('coco'), part, 'train2017');
    for (const part of ['images', 'annotations', 'curated']) mkdirSync(raw(part), { recursive: true });
    const [photo, label] = [join(raw('images'), '0.jpg'), join(raw('annotations'), '0.png')];
    await writeImage(photo, { height: 700, width: 800 });
    await sharp({ create: { width: 800, height: 700, channels: 3, background: '#606060' } })
      .toColourspace('b-w')
      .png()
      .toFile(label);
    const ids = Array.from({ length: images }, (_, id) => String(id));
    for (const id of ids.slice(1)) {
      cpSync(photo, join(raw('images'), `${id}.jpg`));
      cpSync(label, join(raw('annotations'), `${id}.png`));
    }
    const list = join(raw('curated'), 'Coco164kFull_Stuff_Coarse_7.txt');
    writeFileSync(list, `${ids.join('\n')}\n`);
    const words = [
      'prepare',
      'coco-stuff',
      at('coco'),
      '--dataset',
      'coco-stuff',
      '--out',
      at('small'),
      '--workers',
      '2',
    ];
    const running = spawnGroup(...words);
    const small = join(at('small'), 'images/train2017');
    await vi.waitUntil(() => existsSync(small) && readdirSync(small).length > 5, { timeout: 60_000, interval: 10 });
    process.kill(-running.process.pid!, 'SIGINT');
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('stopped; the same command goes on from there');
    const { stdout } = await succeed(...words, '--json');
    const { finished, images: made, reused } = JSON.parse(stdout) as Record<string, number | boolean>;
    expect([finished, made]).toEqual([true, images]);
    expect(reused).toBeGreaterThan(0);
    expect(reused).toBeLessThan(images);
    expect(readdirSync(small)).toHaveLength(images);
  });

  it('in the middle of Potsdam keeps the tiles that are done, and the same command does the others only', async () => {
    const [raw, out] = [at('potsdam'), at('crops')];
    // So many that some are left by the time a busy machine gets to the signal.
    const tiles = ['2_10', '2_11', '2_12', '2_13', '2_14', '3_10', '3_11', '3_12'];
    await writePotsdamTiles(raw, tiles);
    const words = ['prepare', 'potsdam', raw, '--out', out, '--workers', '1'];
    const running = spawnGroup(...words);
    const done = () => Object.keys(recordedTiles(out));
    await vi.waitUntil(() => done().length > 0, { timeout: 60_000, interval: 10 });
    process.kill(-running.process.pid!, 'SIGINT');
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    const before = done();
    expect(before.length).toBeLessThan(tiles.length);
    const timesOf = () => cropsOf(out, before).map((file) => statSync(file, { bigint: true }).mtimeNs);
    const times = timesOf();
    expect(times.length).toBeGreaterThan(0);
    const { stdout } = await succeed(...words, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ finished: true, tiles: tiles.length, reused: before.length });
    expect(timesOf()).toEqual(times);
  });
});

/** Unlabelled tiles of 1200x1200x4 in the release's layout: nine crops each. */
async function writePotsdamTiles(raw: string, tiles: readonly string[]): Promise<void> {
  const [side, channels] = [1200, 4] as const;
  for (const part of ['4_Ortho_RGBIR', '5_Labels_for_participants']) mkdirSync(join(raw, part), { recursive: true });
  const data = Uint8Array.from({ length: side * side * channels }, (_, at) => (at * 7919) >> 5);
  for (const tile of tiles) {
    await sharp(data, { raw: { width: side, height: side, channels } })
      .tiff({ compression: 'lzw' })
      .toFile(join(raw, '4_Ortho_RGBIR', `top_potsdam_${tile}_RGBIR.tif`));
  }
}

/** The tiles that are done, by OUT/prepared.json. */
function recordedTiles(out: string): Record<string, unknown> {
  const file = join(out, 'prepared.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { tiles: Record<string, unknown> }).tiles : {};
}

function cropsOf(out: string, tiles: readonly string[]): string[] {
  const names = readdirSync(join(out, 'imgs')).filter((name) => tiles.some((tile) => name.includes(tile)));
  return names.map((name) => join(out, 'imgs', name));
}
