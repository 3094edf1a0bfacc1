/** Whether the built page still draws while a network learns in it, in a real browser. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, segmentSample, useBuiltPage } from './built-page.fixture.js';

describe.skipIf(CHROMIUM === undefined)(`frames of the page (skipped where Chromium is not installed)`, () => {
  const built = useBuiltPage();

  /** The longest time between two frames of 25 steps, in ms, and whether the page missed frames while it did nothing. */
  async function watchTraining(): Promise<{ longest: number; isBusy: boolean }> {
    const { page, errors } = await built.open();
    await segmentSample(page);
    const before = await framesUntil(page, 'frames', 120);
    await page.click('#train');
    const learning = await framesUntil(page, 'step', 25);
    await page.click('#reset');
    const after = await framesUntil(page, 'frames', 120);
    expect(errors).toEqual([]);
    await page.close();
    const [idle, longest] = [Math.max(...before, ...after), Math.max(...learning)].map(Math.round);
    console.log(`longest time between frames: idle ${idle} ms, learning ${longest} ms of ${learning.length} frames`);
    // One frame takes 17 ms: an idle page that waits for longer waits for a core that others hold.
    return { longest, isBusy: idle > 25 };
  }

  it('gives a frame at least every 100 ms while a network learns', { timeout: 900_000 }, async ({ skip }) => {
    let seen = await watchTraining();
    for (let looks = 1; looks < 5 && seen.longest > 100 && seen.isBusy; looks++) seen = await watchTraining();
    skip(
      seen.longest > 100 && seen.isBusy,
      'this machine is too busy to tell: a page that does nothing misses frames too',
    );
    expect(seen.longest).toBeLessThanOrEqual(100);
  });
});

/** Milliseconds from each frame to the next, until there are `count` of them or training has come to step `count`. */
function framesUntil(page: Page, what: 'frames' | 'step', count: number): Promise<number[]> {
  return page.evaluate(
    ([unit, least]) =>
      new Promise<number[]>((done) => {
        const times: number[] = [];
        const step = () => Number.parseInt(document.getElementById('gauge-step')!.textContent!, 10);
        // When the page could draw, not when the browser would have had it draw.
        const frame = () => {
          times.push(performance.now());
          const reached = unit === 'frames' ? times.length : step();
          if (reached >= least) done(times.slice(1).map((time, index) => time - times[index]));
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    [what, count] as const,
  );
}
