/** The built page by keys, by a screen reader's tree, on a phone and to axe, in a real browser. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, reached, segmentSample, shot, untilStatus, useBuiltPage } from './built-page.fixture.js';

describe.skipIf(CHROMIUM === undefined)(`access to the page (skipped where Chromium is not installed)`, () => {
  const built = useBuiltPage();

  it('segments, names, merges, learns, pauses and resets by keys alone', { timeout: 400_000 }, async () => {
    const { page, errors } = await built.open();
    /** Tabs on until what has the focus is named so. */
    const tabTo = async (name: string | RegExp) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        const focused = await focusedName(page);
        if (typeof name === 'string' ? focused === name : name.test(focused)) return;
      }
      throw new Error(`Tab does not come to ${name}`);
    };
    await page.keyboard.press('Tab');
    expect(await focusedName(page)).toBe('To the content');
    await tabTo('Take the sample');
    await page.keyboard.press('Enter');
    await untilStatus(page, 'Segmented in');
    await tabTo('Learn');
    await page.keyboard.press('Enter');
    expect(await focusedName(page)).toBe('Pause');
    await reached(page, 1);
    await page.keyboard.press(' ');
    await untilStatus(page, 'Paused.');
    expect(await focusedName(page)).toBe('Go on');
    await tabTo('Reset');
    await page.keyboard.press('Enter');
    expect(await focusedName(page)).toBe('Learn');
    await tabTo('Show cluster 2');
    await page.keyboard.press(' ');
    expect(await page.getByLabel('Show cluster 2').isChecked()).toBe(false);
    await tabTo('Name of cluster 3');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('stones');
    await tabTo('Merge cluster 3 into another');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('#legend li:visible').count()).toBe(2);
    // The row that had the focus is gone: it goes where the cluster went.
    expect(await focusedName(page)).toBe('Merge cluster 1 into another');
    await tabTo('Download the mask');
    const [mask] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(mask.suggestedFilename()).toBe('mask.png');
    expect(errors).toEqual([]);
    await page.close();
  });

  it('tells a screen reader a name for all that can be used, and what happens', { timeout: 400_000 }, async () => {
    const { page } = await built.open();
    await segmentSample(page);
    await page.click('#train');
    await reached(page, 1);
    await page.click('#pause');
    const tree = (await accessibilityTree(page)).filter(({ ignored }) => !ignored);
    const namesOf = (wanted: string) =>
      tree
        .filter(({ role }) => role?.value === wanted)
        .map(({ name }) => String(name?.value))
        .sort();
    const controls = {
      button:
        'Draw one,Undo a cell,Walk the ordering,Choose a photo,Take the sample,Segment,Learn,Go on,Reset,Download the mask,Download the model'.split(
          ',',
        ),
      slider: ['How many', 'Size of the map', 'Overlay', 'Clusters'],
      combobox: ['Ordering', 'Layers', 'Second ordering', 'Compute with', 'Clusters'].concat(
        [1, 2, 3].map((id) => `Merge cluster ${id} into another`),
      ),
      textbox: [1, 2, 3].map((id) => `Name of cluster ${id}`),
      checkbox: [1, 2, 3].map((id) => `Show cluster ${id}`),
      application: ['Map of positions; arrow keys move, space draws'],
      image: ['The photo with its clusters laid over it', 'Mutual information over steps'],
      heading: ['Learn to segment by looking twice', 'See through an ordering', 'Segment a photo'],
    };
    for (const [role, names] of Object.entries(controls)) expect(namesOf(role)).toEqual(names.toSorted());
    const focusable = tree.filter(({ properties }) => properties?.some(({ name }) => name === 'focusable'));
    expect(focusable.filter(({ name, role }) => !name?.value && role?.value !== 'RootWebArea')).toEqual([]);
    // What a position sees, and what the network does.
    expect(await page.locator('[aria-live=polite], [role=status]').count()).toBe(2);
    await page.close();
  });

  it.each([360, 1280])('shows all of the menus that merge clusters at %i pixels', async (width) => {
    const { page } = await built.open({ viewport: { width, height: 800 } });
    await segmentSample(page);
    const widths = await page.locator('#legend select').evaluateAll((menus) =>
      menus.map((menu) => {
        const alone = menu.cloneNode() as HTMLSelectElement;
        alone.add(new Option('merge into …'));
        Object.assign(alone.style, { position: 'absolute', width: 'max-content', maxWidth: 'none' });
        menu.after(alone);
        const needed = alone.offsetWidth;
        alone.remove();
        return { needed, given: (menu as HTMLElement).offsetWidth };
      }),
    );
    expect(widths.length).toBe(3);
    for (const { needed, given } of widths) expect(given).toBeGreaterThanOrEqual(needed);
    await page.close();
  });

  it.each(['light', 'dark'] as const)(
    'has no fault that axe finds, and no sideways scroll on a phone, in %s',
    async (colorScheme) => {
      const { page } = await built.open({ viewport: { width: 360, height: 800 }, colorScheme });
      await segmentSample(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      await page.addScriptTag({ content: axe.source });
      const faults = await page.evaluate(async () => {
        const { violations } = await (
          window as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown }[] }[] }> };
          }
        ).axe.run();
        return violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => target) }));
      });
      expect(faults).toEqual([]);
      await shot(page, `playground-phone-${colorScheme}`);
      await page.setViewportSize({ width: 1280, height: 900 });
      await shot(page, `playground-desktop-${colorScheme}`);
      await page.close();
    },
  );
});

interface AccessibleNode {
  readonly ignored: boolean;
  readonly role?: { readonly value?: unknown };
  readonly name?: { readonly value?: unknown };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
  readonly backendDOMNodeId?: number;
}

/** What the browser hands to a screen reader. */
async function accessibilityTree(page: Page): Promise<AccessibleNode[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes as AccessibleNode[];
}

async function focusedName(page: Page): Promise<string> {
  const focused = (await accessibilityTree(page)).findLast(({ properties }) =>
    properties?.some(({ name, value }) => name === 'focused' && value.value === true),
  );
  return String(focused?.name?.value ?? '');
}
