/** --json: one JSON object on stdout, and nothing else there, from every command that has it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, succeed, TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { writeImages } from './small-images.fixture.js';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-json-'));
const [run, images] = ['run', 'images'].map((name) => join(base, name));
let written = 0;
const fresh = () => join(base, `out${written++}`);
beforeAll(async () => {
  await writeImages(images, 2);
  await succeed('train', ...TINY_MOSAIC, ...TINY, '--out', run);
});
afterAll(() => rmSync(base, { recursive: true }));

/** What the command prints, which must be one line that holds one object. */
async function objectFrom(...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await succeed(...words, '--json');
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const SCORES = ['protocol', 'pixels', 'pixelAccuracy', 'meanIoU', 'classAccuracy', 'iou', 'matching', 'confusion'];

describe('value', () => {
  it('train: the run, its report and its manifest', async () => {
    const out = fresh();
    const said = await objectFrom('train', ...TINY_MOSAIC, ...TINY, '--out', out);
    expect(said).toMatchObject({ run: out, report: join(out, 'report.html'), status: 'finished', step: 2 });
  });

  it('segment: the folder, and how many images became masks', async () => {
    const out = fresh();
    const said = await objectFrom('segment', images, '-k', '2', '--out', out, ...TINY);
    expect(said).toMatchObject({ out, images: 2, skipped: 0, status: 'finished' });
    expect(readdirSync(join(out, 'masks'))).toEqual(['a.png', 'b.png']);
  });

  it('predict: the folder, and how many images became masks', async () => {
    const out = fresh();
    expect(await objectFrom('predict', run, images, '--out', out)).toMatchObject({ out, images: 2, skipped: 0 });
  });

  it('evaluate: the protocol, and shares from 0 to 1', async () => {
    const said = await objectFrom('evaluate', run, ...TINY_MOSAIC);
    expect(Object.keys(said)).toEqual(expect.arrayContaining(SCORES));
    expect(said.pixelAccuracy).toBeGreaterThan(0);
    expect(said.pixelAccuracy).toBeLessThanOrEqual(1);
    expect(said.pixels).toBe(3 * 32 * 32);
  });

  it('baseline kmeans: the same', async () => {
    const said = await objectFrom('baseline', 'kmeans', ...TINY_MOSAIC);
    expect(Object.keys(said)).toEqual(expect.arrayContaining(SCORES));
  });

  it('report: where it is', async () => {
    expect(await objectFrom('report', run)).toMatchObject({ report: join(run, 'report.html') });
  });

  it('bench step: times and speeds of the engine', async () => {
    const said = await objectFrom('bench', 'step', '--size', '16', '--batch-size', '1', '--rounds', '1');
    const names = ['engine', 'medianSeconds', 'imagesPerSecond', 'gflopPerSecond', 'peakMemoryMb'];
    expect(Object.keys(said)).toEqual(expect.arrayContaining(names));
  });
});

describe('error', () => {
  it('leaves stdout empty, and stderr with one line that begins with error', async () => {
    const { code, stdout, stderr } = await runCommand('report', images, '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
  });
});
