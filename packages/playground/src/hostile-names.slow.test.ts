/** Names that are code somewhere else, typed and chosen in the built page in a real browser: shown as text, none run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, PATIENCE, ROOT, untilStatus, useBuiltPage } from './built-page.fixture.js';

const IMAGE = '<img src=x onerror=alert(1)>';
const NAMES = [`"></option></select>${IMAGE}`, '<script>alert(2)</script>', "javascript:alert(3)//' onload='alert(4)"];

describe.skipIf(CHROMIUM === undefined)(`names in the page (skipped where Chromium is not installed)`, () => {
  const built = useBuiltPage();

  it(
    'shows hostile names of photos and clusters as text, and has nothing that acts',
    { timeout: 2 * PATIENCE },
    async () => {
      const { page, errors: acts } = await built.open();
      const address = page.url();
      page.setDefaultTimeout(PATIENCE);
      // What a page that does not escape would do is noticed.
      await page.setContent(IMAGE);
      await expect.poll(() => acts, { timeout: 10_000 }).toContain('dialog 1');
      await page.goto(address);
      acts.length = 0;

      const buffer = readFileSync(join(ROOT, 'public/sample.png'));
      await page.setInputFiles('#file', { name: `${IMAGE}.png`, mimeType: 'image/png', buffer });
      await untilStatus(page, 'Segmented in');
      for (const [id, name] of NAMES.entries()) await page.getByLabel(`Name of cluster ${id + 1}`).fill(name);
      const merge = page.getByLabel('Merge cluster 3 into another');
      expect(await merge.locator('option').allTextContents()).toEqual(['merge into …', NAMES[0], NAMES[1]]);
      await merge.selectOption({ label: NAMES[0] });
      expect(await page.getByLabel('Name of cluster 1').inputValue()).toBe(NAMES[0]);

      await page.setInputFiles('#file', { name: `${IMAGE}.png`, mimeType: 'image/png', buffer: Buffer.from('none') });
      await untilStatus(page, 'no picture');
      expect(await page.locator('[onerror], [onload], img, #photo script').count()).toBe(0);
      expect(acts).toEqual([]);
      await page.close();
    },
  );
});
