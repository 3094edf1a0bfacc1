/** The page of `autoregseg view` in a real browser; VIEW_SCREENSHOTS names a folder for pictures of it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { useTestEngine } from '@autoregseg/testing';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disturb } from '../export/random-network.fixture.js';
import { readClusterEdits } from '../run/cluster-edits.js';
import { writeSmallRun } from '../run/small-run.fixture.js';
import { writeSnapshot } from '../run/snapshots.js';
import { networkOf } from '../training/run-network.js';
import { RunViewer } from './run-viewer.js';
import { serveView, type ViewServer } from './view-server.js';

const executablePath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find(existsSync);
if (executablePath === undefined) console.warn('view.slow: no Chromium on the PATH, so the page is not opened');

const pictures = process.env.VIEW_SCREENSHOTS;
/** A run of somebody's own to take pictures of. */
const given = process.env.VIEW_RUN;

describe.runIf(executablePath !== undefined)('view in a browser', () => {
  let run: string;
  let viewer: RunViewer;
  let server: ViewServer;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  beforeAll(async () => {
    await useTestEngine();
    run = given ?? mkdtempSync(join(tmpdir(), 'autoregseg-view-'));
    if (given === undefined) {
      const { config, channels } = writeSmallRun(run, { prepare: disturb });
      const early = networkOf(config, channels);
      await writeSnapshot(run, 2, early);
      early.dispose();
    }
    viewer = await RunViewer.open(run, { limit: 12 });
    server = await serveView(viewer);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
    await page.goto(server.url, { waitUntil: 'networkidle' });
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
    viewer.dispose();
    if (given === undefined) rmSync(run, { recursive: true });
  });

  const shot = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
  };

  it('shows the worst image first, each with a mask that has loaded', async () => {
    const right = await page.locator('figcaption span:nth-child(3)').allTextContents();
    const shares = right.map((text) => Number(/right ([\d.]+) %/.exec(text)![1]));
    expect(shares.length).toBeGreaterThan(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    const widths = await page
      .locator('.stack img')
      .evaluateAll((list) => list.slice(0, 2).map((img) => (img as unknown as { naturalWidth: number }).naturalWidth));
    expect(Math.min(...widths)).toBeGreaterThan(0);
    await shot('view');
  });

  it('goes to another step by the keyboard', async () => {
    const mask = page.locator('.mask').first();
    const late = await mask.getAttribute('src');
    await page.locator('#step').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await mask.getAttribute('src')).not.toBe(late);
    const [, first] = viewer.describe().steps.toReversed();
    expect(await page.locator('#step-value').textContent()).toContain(`${first} of`);
    await page.waitForLoadState('networkidle');
    await shot('view-earlier');
    await page.keyboard.press('End');
  });

  it('renames and merges clusters, which are kept in the run', async () => {
    await page.getByLabel('Name of cluster 1').fill('sky');
    await page.getByLabel('Name of cluster 1').press('Tab');
    await expect.poll(() => page.locator('#status').textContent()).toBe('Saved.');
    await page.locator('#into-0').selectOption('1');
    await expect.poll(() => readClusterEdits(run, viewer.describe().clusters.length).merged[0]).toBe(1);
    expect(readClusterEdits(run, viewer.describe().clusters.length).names).toMatchObject({ 1: 'sky' });
    await expect.poll(() => page.locator('#into-1').isDisabled()).toBe(true);
    await page.waitForLoadState('networkidle');
    await shot('view-merged');
  });

  it('opens the report, with the names', async () => {
    const report = await browser.newPage();
    // A run of one's own may have hundreds of images to score first.
    await report.goto(`${server.url}report`, { timeout: 300_000 });
    expect(await report.content()).toContain('counts as 1 · sky');
    await report.close();
  });

  it.each([375, 1280])('does not scroll sideways at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    const [client, scroll] = (await page.evaluate(
      '[document.documentElement.clientWidth, document.documentElement.scrollWidth]',
    )) as [number, number];
    expect(scroll).toBe(client);
    await shot(`view-${width}`);
  });

  it('had no error on the page', () => {
    expect(faults).toEqual([]);
  });
});
