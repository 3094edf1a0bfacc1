/** `autoregseg view RUN` as it is built, used in a real browser; VIEW_SCREENSHOTS names a folder for pictures of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { openDataset } from '@autoregseg/data';
import type { Network } from '@autoregseg/orderings';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { findChromium } from '@autoregseg/testing/browser';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disturb } from '../export/random-network.fixture.js';
import { loadRun } from '../inference/model.js';
import { readClusterEdits } from '../run/cluster-edits.js';
import { SMALL_RUN_STATISTICS, writeSmallRun } from '../run/small-run.fixture.js';
import { writeSnapshot } from '../run/snapshots.js';
import { networkOf } from '../training/run-network.js';
import type { ViewedRun } from './run-viewer.js';

const executablePath = findChromium();
if (executablePath === undefined) console.warn('view.slow: no Chromium on the PATH, so the page is not opened');

const CLI = resolve(import.meta.dirname, '../../dist/cli.js');
const pictures = process.env.VIEW_SCREENSHOTS;
/** A run of somebody's own to take pictures of. */
const given = process.env.VIEW_RUN;
const [HEIGHT, WIDTH, CLUSTERS] = [32, 40, 3];
const dataset = { dataset: 'mosaic', count: 12, size: [HEIGHT, WIDTH] } as const;

describe.runIf(executablePath !== undefined)('view in a browser', () => {
  let run: string;
  let command: ChildProcess;
  let url: string;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  beforeAll(async () => {
    await useTestEngine();
    run = given ?? mkdtempSync(join(tmpdir(), 'autoregseg-view-'));
    if (given === undefined) {
      const { config, channels } = writeSmallRun(run, { prepare: disturb, dataset });
      const early = networkOf(config, channels);
      await writeSnapshot(run, 2, early);
      early.dispose();
    }
    command = spawn(process.execPath, [CLI, 'view', run, '--json', '--limit', '12'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(command.stdout!), 'line')) as [string];
    ({ url } = JSON.parse(line) as { url: string });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (entry) => entry.type() === 'error' && faults.push(entry.text()));
    await page.goto(url, { waitUntil: 'networkidle' });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    if (command?.exitCode === null) command.kill('SIGKILL');
    if (given === undefined) rmSync(run, { recursive: true });
  });

  const shot = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
  };
  const told = async () => (await (await fetch(`${url}run`)).json()) as ViewedRun;
  const namesOnPage = () => page.locator('figcaption .id').allTextContents();

  it('shows each image with a mask that has loaded', async () => {
    const widths = await page
      .locator('.stack img')
      .evaluateAll((list) => list.slice(0, 2).map((img) => (img as unknown as { naturalWidth: number }).naturalWidth));
    expect(Math.min(...widths)).toBeGreaterThan(0);
    await shot('view');
  });

  it.skipIf(given !== undefined)('shows the worst image first, or the least certain, as measured here', async () => {
    const measured = await measure(run);
    const sorted = (by: 'accuracy' | 'certainty') => measured.toSorted((a, b) => a[by] - b[by]).map(({ id }) => id);
    // Nothing would be shown by orders that were one, or that of the data set.
    const stored = measured.map(({ id }) => id);
    expect(new Set([stored, sorted('accuracy'), sorted('certainty')].map(String)).size).toBe(3);
    expect(await page.locator('#order').inputValue()).toBe('worst');
    expect(await namesOnPage()).toEqual(sorted('accuracy'));
    await page.locator('#order').selectOption('least certain');
    expect(await namesOnPage()).toEqual(sorted('certainty'));
    await page.locator('#order').selectOption('most certain');
    expect(await namesOnPage()).toEqual(sorted('certainty').toReversed());
    await page.locator('#order').selectOption('worst');
  });

  it('goes to another step by the keyboard', async () => {
    const mask = page.locator('.mask').first();
    const late = await mask.getAttribute('src');
    await page.locator('#step').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await mask.getAttribute('src')).not.toBe(late);
    const [, first] = (await told()).steps.toReversed();
    expect(await page.locator('#step-value').textContent()).toContain(`${first} of`);
    await page.waitForLoadState('networkidle');
    await shot('view-earlier');
    await page.keyboard.press('End');
  });

  it('renames and merges clusters, which are kept in the run and shown after a reload', async () => {
    const { clusters } = await told();
    await page.getByLabel('Name of cluster 1').fill('sky');
    await page.getByLabel('Name of cluster 1').press('Tab');
    await expect.poll(() => page.locator('#status').textContent()).toBe('Saved.');
    await page.locator('#into-0').selectOption('1');
    await expect.poll(() => readClusterEdits(run, clusters.length).merged[0]).toBe(1);
    expect(readClusterEdits(run, clusters.length).names).toMatchObject({ 1: 'sky' });
    await expect.poll(() => page.locator('#into-1').isDisabled()).toBe(true);
    await page.reload({ waitUntil: 'networkidle' });
    expect(await page.getByLabel('Name of cluster 1').inputValue()).toBe('sky');
    expect(await page.locator('#into-0').inputValue()).toBe('1');
    expect(await page.locator('#into-0 option:checked').textContent()).toBe('1 · sky');
    expect(await page.locator('#into-1').isDisabled()).toBe(true);
    await shot('view-merged');
  });

  it('opens the report, with the names', async () => {
    const report = await browser.newPage();
    // A run of one's own may have hundreds of images to score first.
    await report.goto(`${url}report`, { timeout: 300_000 });
    expect(await report.content()).toContain('counts as 1 · sky');
    await report.close();
  });

  it.each([360, 1280])('does not scroll sideways at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    const [client, scroll] = (await page.evaluate(
      '[document.documentElement.clientWidth, document.documentElement.scrollWidth]',
    )) as [number, number];
    expect(scroll).toBe(client);
    await shot(`view-${width}`);
  });

  it('had no error on the page, and ends at Ctrl-C with names and merges in the run', async () => {
    expect(faults).toEqual([]);
    command.kill('SIGINT');
    expect(await once(command, 'exit')).toEqual([0, null]);
    expect(JSON.parse(readFileSync(join(run, 'clusters.json'), 'utf8'))).toMatchObject({
      names: { 1: 'sky' },
      merged: { 0: 1 },
    });
  });
});

interface Measured {
  readonly id: string;
  readonly certainty: number;
  readonly accuracy: number;
}

/** Certainty and accuracy of each image, by loops over its pixels and over all namings of the clusters. */
async function measure(run: string): Promise<Measured[]> {
  const { network, head } = loadRun(run).model;
  const images: { id: string; certainty: number; counts: number[][] }[] = [];
  for await (const { id, image, label } of openDataset(dataset)) {
    const grid = probabilities(network, head, image.data);
    const counts = Array.from({ length: CLUSTERS }, () => [0, 0, 0]);
    let sum = 0;
    for (let row = 0; row < HEIGHT; row++) {
      for (let column = 0; column < WIDTH; column++) {
        const probs = bilinear(grid, row, column);
        const best = Math.max(...probs);
        sum += best;
        counts[probs.indexOf(best)][label![row * WIDTH + column]] += 1;
      }
    }
    images.push({ id, certainty: sum / (HEIGHT * WIDTH), counts });
  }
  network.dispose();
  const rightOf = (counts: number[][], classes: readonly number[]) =>
    classes.reduce((right, classId, cluster) => right + counts[cluster][classId], 0);
  const namings = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const total = (classes: readonly number[]) => images.reduce((sum, { counts }) => sum + rightOf(counts, classes), 0);
  const [naming] = namings.toSorted((a, b) => total(b) - total(a));
  return images.map(({ id, certainty, counts }) => ({
    id,
    certainty,
    accuracy: rightOf(counts, naming) / (HEIGHT * WIDTH),
  }));
}

/** [h][w][K] probabilities on the head's own grid. */
function probabilities(network: Network, head: string, pixels: ArrayLike<number>): number[][][] {
  return tf.tidy(() => {
    const { mean, std } = SMALL_RUN_STATISTICS;
    const x = tf.tensor4d(Float32Array.from(pixels), [1, HEIGHT, WIDTH, 3]);
    const { logits } = network.forward(tf.div(tf.sub(x, mean), std), 'unmasked', { training: false });
    return (tf.softmax(logits[head]).arraySync() as number[][][][])[0];
  });
}

/** Probabilities at a pixel of the image, between the centres of the grid's cells; edges are repeated. */
function bilinear(grid: readonly number[][][], row: number, column: number): number[] {
  const [y, x] = [((row + 0.5) * grid.length) / HEIGHT - 0.5, ((column + 0.5) * grid[0].length) / WIDTH - 0.5];
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (r: number, c: number) =>
    grid[Math.min(grid.length - 1, Math.max(0, r))][Math.min(grid[0].length - 1, Math.max(0, c))];
  return grid[0][0].map(
    (_, k) =>
      (1 - y + top) * ((1 - x + left) * at(top, left)[k] + (x - left) * at(top, left + 1)[k]) +
      (y - top) * ((1 - x + left) * at(top + 1, left)[k] + (x - left) * at(top + 1, left + 1)[k]),
  );
}
