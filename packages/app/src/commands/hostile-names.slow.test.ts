/** Names that are code somewhere else, in a real browser: report, legend and the page of `view` show them, and run none. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { findChromium, watchPage } from '@autoregseg/testing/browser';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeClusterEdits } from '../run/cluster-edits.js';
import { writeRunReport } from '../run/write-report.js';
import { HOSTILE_NAMES, writeHostileFolders } from './hostile-names.fixture.js';
import { succeed, TINY } from './run-command.fixture.js';
import { spawnCommand } from './spawn-command.fixture.js';

const executablePath = findChromium();
const skipped = executablePath === undefined ? ' (skipped: no Chromium on the PATH)' : '';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-names-'));
const [images, labels, map, run] = ['images', 'labels', 'map.json', 'run'].map((name) => join(base, name));
afterAll(() => rmSync(base, { recursive: true }));

describe.skipIf(skipped)(`hostile names in Chromium${skipped}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    await writeHostileFolders({ images, labels, map });
    const dataset = ['--dataset', 'folder', '--images', images, '--labels', labels, '--label-map', map];
    await succeed('train', ...dataset, '--out', run, ...TINY);
    writeClusterEdits(run, { names: { 0: HOSTILE_NAMES[1], 1: HOSTILE_NAMES[0] }, merged: {} }, 2);
    await writeRunReport(run, { legend: base });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 300_000);
  afterAll(() => browser?.close());

  async function watched(): Promise<{ page: Page; acts: string[] }> {
    const page = await browser.newPage();
    return { page, acts: watchPage(page) };
  }

  it('are noticed where they are not escaped', async () => {
    const { page, acts } = await watched();
    await page.setContent(`<p>${HOSTILE_NAMES[1]}</p>`);
    await expect.poll(() => acts).toContain('dialog 1');
    await page.close();
  });

  it('are text in the report: names of files, classes and clusters', async () => {
    const { page, acts } = await watched();
    await page.goto(pathToFileURL(join(run, 'report.html')).href, { waitUntil: 'load' });
    const shown = await page.locator('body').evaluate(({ textContent }) => textContent);
    for (const name of [...HOSTILE_NAMES, '<i>sky</i>']) expect(shown).toContain(name);
    expect(await page.locator('[onerror], [onload], img[src="x"]').count()).toBe(0);
    expect(acts).toEqual([]);
    await page.close();
  });

  it('are text in the legend', async () => {
    const { page, acts } = await watched();
    await page.goto(pathToFileURL(join(base, 'legend.svg')).href, { waitUntil: 'load' });
    const shown = await page
      .locator('svg')
      .first()
      .evaluate(({ textContent }) => textContent);
    expect(shown).toContain(HOSTILE_NAMES[0]);
    expect(acts).toEqual([]);
    await page.close();
  });

  it('are text in view, also when a cluster is named so there', async () => {
    const server = spawnCommand('view', run, '--engine', 'wasm', '--json');
    const [line] = (await once(createInterface(server.process.stdout!), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    const { page, acts } = await watched();
    await page.goto(url, { waitUntil: 'networkidle' });
    const ids = await page.locator('figcaption .id').allTextContents();
    expect(ids.toSorted()).toEqual(HOSTILE_NAMES.toSorted());
    expect(await page.getByLabel('Name of cluster 0').inputValue()).toBe(HOSTILE_NAMES[1]);
    await page.getByLabel('Name of cluster 1').fill(HOSTILE_NAMES[2]);
    await page.getByLabel('Name of cluster 1').press('Tab');
    await expect.poll(() => page.locator('#status').textContent()).toBe('Saved.');
    expect(await page.locator('#into-0 option').allTextContents()).toContain(`1 · ${HOSTILE_NAMES[2]}`);
    expect(acts).toEqual([]);
    await page.close();
    server.process.kill('SIGINT');
    expect((await server.ended).code).toBe(0);
  });
});
