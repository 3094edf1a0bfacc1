/** --json: one JSON object on stdout, and nothing else there, from every command that has it. */
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, succeed, TINY, TINY_MOSAIC } from './run-command.fixture.js';
import { writeImages } from './small-images.fixture.js';
import { spawnCommand } from './spawn-command.fixture.js';

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

  it('probe: the same scores', async () => {
    const said = await objectFrom('probe', run, ...TINY_MOSAIC, '--kind', 'linear', '--steps', '2', '--engine', 'wasm');
    expect(Object.keys(said)).toEqual(expect.arrayContaining(SCORES));
  });

  it('export: the model and its files; import: the run that they become', async () => {
    const out = fresh();
    const said = await objectFrom('export', run, '--format', 'safetensors', '--out', out, '--engine', 'wasm');
    expect(said).toMatchObject({ format: 'safetensors', model: join(out, 'model.safetensors') });
    const back = fresh();
    const imported = await objectFrom('import', String(said.model), '--out', back, '--engine', 'wasm');
    expect(imported).toEqual({ run: back, clusters: 3, bands: 3, step: 2 });
  });

  it('tree: the clusters and the curve; and back', async () => {
    const copy = fresh();
    cpSync(run, copy, { recursive: true });
    expect(await objectFrom('tree', copy, '-k', '2', '--engine', 'wasm')).toMatchObject({ run: copy, clusters: 2 });
    expect(await objectFrom('tree', copy, '--reset', '--engine', 'wasm')).toEqual({ run: copy, clusters: 3 });
  });

  it('plan: steps, seconds and memory', async () => {
    const said = await objectFrom('plan', ...TINY_MOSAIC, ...TINY);
    expect(said).toMatchObject({ steps: 2, batchSize: 2, secondsPerStep: expect.any(Number) });
  });

  it.each([
    [['data', 'check', '--dataset', 'mosaic', '--count', '2', '--size', '32'], 'ok'],
    [['orderings', 'list'], 'orderings'],
    [['orderings', 'show', 'hilbert', '--size', '4x4'], 'turns'],
    [['orderings', 'overlap', 'top-left-row', 'hilbert', '--size', '4x4'], 'first'],
    [['presets'], 'default'],
  ])('%j: an object with %s', async (words, name) => {
    expect(Object.keys(await objectFrom(...words))).toContain(name);
  });

  it('bench step: times and speeds of the engine', async () => {
    const said = await objectFrom('bench', 'step', '--size', '16', '--batch-size', '1', '--rounds', '1');
    const names = ['engine', 'medianSeconds', 'imagesPerSecond', 'gflopPerSecond', 'peakMemoryMb'];
    expect(Object.keys(said)).toEqual(expect.arrayContaining(names));
  });
});

/** Commands that start processes, wait for Ctrl-C or print by themselves: what a shell would get. */
describe('value: in a process of its own', () => {
  const objectIn = (stdout: string) => {
    expect(stdout).toMatch(/^\{.*\}\n$/);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it('engine status: what runs, and why nothing else', async () => {
    const { code, stdout } = await spawnCommand('engine', 'status', '--json').ended;
    expect(code).toBe(0);
    expect(Object.keys(objectIn(stdout)).length).toBeGreaterThan(1);
  });

  it('study: the cells and their scores', async () => {
    const file = join(base, 'study.json');
    const tiny = { steps: 1, mainHeads: 1, overclusters: 3, network: { stemChannels: 2, blocks: 1 } };
    const mosaic = { dataset: 'mosaic', count: 2, size: [32, 32] };
    writeFileSync(
      file,
      JSON.stringify({
        recipes: { tiny: { ...tiny, crop: [24, 24], batchSize: 2, halfWindow: 1 } },
        datasets: { mosaics: { train: mosaic, test: { ...mosaic, split: 'test' } } },
        seeds: [0],
      }),
    );
    const { code, stdout } = await spawnCommand('study', file, '--out', fresh(), '--engine', 'wasm', '--json').ended;
    expect(code).toBe(0);
    expect(objectIn(stdout)).toMatchObject({ missing: [] });
  });

  it('view: the address, at once, and nothing more until Ctrl-C', async () => {
    const running = spawnCommand('view', run, '--engine', 'wasm', '--json');
    await running.said('Ctrl-C ends it');
    running.process.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(objectIn(stdout)).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//) });
  });
});

describe('error', () => {
  it('leaves stdout empty, and stderr with one line that begins with error', async () => {
    const { code, stdout, stderr } = await runCommand('report', images, '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
  });
});
