/** What the built page does for who uses it, in a real browser. */
import { readFileSync } from 'node:fs';
import { decodeSafetensors } from 'autoregseg/browser';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, reached, segmentSample, shot, untilStatus, useBuiltPage } from './built-page.fixture.js';

const finding = (page: Page) => page.textContent('#sight');

describe.skipIf(CHROMIUM === undefined)(`the page (skipped where Chromium is not installed)`, () => {
  const built = useBuiltPage();

  it('says what a position sees, by keys alone', async () => {
    const { page, errors } = await built.open();
    await page.focus('#board');
    await page.keyboard.press('ArrowDown');
    // Two shifted 3x3 layers in the middle of a 9x9 map: 22 positions and one blind spot.
    expect(await finding(page)).toBe(
      'Row 6, column 5 has turn 49 of 0 to 80. Through 2 layers it sees 22 positions, itself among them; within reach, earlier and yet not seen: 1.',
    );
    await page.selectOption('#other-ordering', 'bottom-right-row');
    expect(await finding(page)).toContain('only itself is seen by both');
    await page.selectOption('#layer-kind', 'attention');
    expect(await finding(page)).toContain('sees 50 positions, itself among them; no blind spot');
    await page.selectOption('#layer-kind', 'shifted');
    await page.focus('#board');
    await page.keyboard.press('ArrowUp');
    await page.focus('#layers');
    await page.keyboard.press('ArrowRight');
    expect(await finding(page)).toContain('Through 3 layers it sees 29 positions');
    await shot(page, 'playground', '#explorer');
    expect(errors).toEqual([]);
    await page.close();
  });

  it('takes an ordering that is drawn by pointer, or by arrow keys and space', async () => {
    const { page } = await built.open();
    await page.click('#draw');
    const box = (await page.locator('#board').boundingBox())!;
    const at = (row: number, column: number) =>
      [box.x + ((column + 0.5) * box.width) / 9, box.y + ((row + 0.5) * box.height) / 9] as const;
    await page.mouse.move(...at(8, 8));
    await page.mouse.down();
    await page.mouse.move(...at(8, 0), { steps: 4 });
    await page.mouse.up();
    expect(await finding(page)).toContain('Row 9, column 1 has turn 8 of 0 to 80.');
    await page.focus('#board');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press(' ');
    expect(await finding(page)).toContain('Row 8, column 1 has turn 9 of 0 to 80.');
    await page.close();
  });

  it('segments the sample, and lets its clusters be named, hidden, merged and taken home', async () => {
    const { page, errors } = await built.open();
    await segmentSample(page);
    expect(await page.textContent('#status')).toMatch(/ on (WebGPU|WebGL|WebAssembly), /);
    await page.getByLabel('Name of cluster 1').fill('stones');
    await page.getByLabel('Show cluster 2').uncheck();
    await page.getByLabel('Merge cluster 3 into another').selectOption({ label: 'stones' });
    expect(await page.locator('#legend li:visible').count()).toBe(2);
    const [mask] = await Promise.all([page.waitForEvent('download'), page.click('#download-mask')]);
    const { width, height, channels, data } = decode(readFileSync(await mask.path()));
    expect({ width, height, channels }).toEqual({ width: 240, height: 180, channels: 1 });
    expect([...new Set(data)].sort()).toEqual([0, 1]);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('learns in a worker: pauses, goes on, resets and gives the model', { timeout: 400_000 }, async () => {
    const { page, errors } = await built.open();
    await segmentSample(page);
    await page.click('#train');
    await reached(page, 2);
    await page.click('#pause');
    await untilStatus(page, 'Paused.');
    await page.waitForTimeout(3000);
    const held = await page.textContent('#gauge-step');
    await page.waitForTimeout(2000);
    expect(await page.textContent('#gauge-step')).toBe(held);
    // Twice within a step: it must not learn twice as fast afterwards, nor stop.
    await page.click('#pause');
    await page.click('#pause');
    await untilStatus(page, 'Paused.');
    const [model] = await Promise.all([page.waitForEvent('download'), page.click('#download-model')]);
    const { metadata, tensors } = decodeSafetensors(readFileSync(await model.path()));
    expect(JSON.parse(metadata.network)).toMatchObject({ channels: 3, stemChannels: 16 });
    expect(Object.keys(tensors).length).toBeGreaterThan(10);
    await page.click('#pause');
    await reached(page, Number.parseInt(held!, 10) + 1);
    await page.click('#reset');
    expect(await page.locator('#gauges').isVisible()).toBe(false);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('says what is wrong with a file that is no picture', async () => {
    const { page } = await built.open();
    await page.setInputFiles('#file', { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await untilStatus(page, 'no picture');
    expect(await page.textContent('#status')).toBe(
      'This file is no picture that the browser can read. Choose a PNG, JPEG or WebP.',
    );
    await page.close();
  });
});
