/** A real browser for tests of pages: where Chromium is, and what a page does that shows names as code. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Page } from 'playwright-core';

/** The program that CHROMIUM names, else the first Chromium on the PATH; undefined where there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env;
  const onPath = PATH.split(delimiter).flatMap((folder) =>
    ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)),
  );
  return CHROMIUM ?? onPath.find(existsSync);
}

/** All that a name which is not escaped would do on this page, as it happens: a dialog, a request, a complaint of the policy. */
export function watchPage(page: Page): string[] {
  const acts: string[] = [];
  page.on('dialog', (dialog) => {
    acts.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', ({ message }) => acts.push(message));
  page.on('console', (entry) => entry.type() === 'error' && acts.push(entry.text()));
  page.on('requestfailed', (request) => acts.push(`request ${request.url()}`));
  return acts;
}
