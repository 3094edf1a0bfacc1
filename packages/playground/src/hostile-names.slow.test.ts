/** Names that are code somewhere else, typed and chosen in the built page in a real browser: shown as text, none run. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { watchPage } from '@autoregseg/testing/browser';
import { chromium, type Browser } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ROOT = resolve(import.meta.dirname, '..');
/** On a shared machine with software graphics and no free core. */
const PATIENCE = 180_000;

const IMAGE = '<img src=x onerror=alert(1)>';
const NAMES = [`"></option></select>${IMAGE}`, '<script>alert(2)</script>', "javascript:alert(3)//' onload='alert(4)"];

let folder: string;
let server: PreviewServer;
let browser: Browser;

describe.skipIf(!existsSync(CHROMIUM))(`the page in ${CHROMIUM} (skipped where it is not installed)`, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'playground-names-'));
    const options = { root: ROOT, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } } as const;
    await build(options);
    server = await preview({ ...options, preview: { host: '127.0.0.1', port: 0 } });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'shows hostile names of photos and clusters as text, and has nothing that acts',
    { timeout: 2 * PATIENCE },
    async () => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      const acts = watchPage(page);
      // What a page that does not escape would do is noticed.
      await page.setContent(IMAGE);
      await expect.poll(() => acts, { timeout: 10_000 }).toContain('dialog 1');
      await page.goto(server.resolvedUrls!.local[0]);
      acts.length = 0;

      const buffer = readFileSync(join(ROOT, 'public/sample.png'));
      await page.setInputFiles('#file', { name: `${IMAGE}.png`, mimeType: 'image/png', buffer });
      const status = page.locator('#status');
      await expect.poll(() => status.textContent(), { timeout: PATIENCE }).toContain('Segmented in');
      for (const [id, name] of NAMES.entries()) await page.getByLabel(`Name of cluster ${id + 1}`).fill(name);
      const merge = page.getByLabel('Merge cluster 3 into another');
      expect(await merge.locator('option').allTextContents()).toEqual(['merge into …', NAMES[0], NAMES[1]]);
      await merge.selectOption({ label: NAMES[0] });
      expect(await page.getByLabel('Name of cluster 1').inputValue()).toBe(NAMES[0]);

      await page.setInputFiles('#file', { name: `${IMAGE}.png`, mimeType: 'image/png', buffer: Buffer.from('none') });
      await expect.poll(() => status.textContent()).toContain('no picture');
      expect(await page.locator('[onerror], [onload], img, #photo script').count()).toBe(0);
      expect(acts).toEqual([]);
      await page.close();
    },
  );
});
