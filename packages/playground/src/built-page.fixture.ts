/** The built page in a real browser, served from a sub-path. */
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { findChromium, watchPage } from '@autoregseg/testing/browser';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll } from 'vitest';

/** The browser's program; undefined where there is none. */
export const CHROMIUM = findChromium();
/** The playground's folder. */
export const ROOT = resolve(import.meta.dirname, '..');
/** On a shared machine with software graphics and no free core. */
export const PATIENCE = 180_000;

/** Where pictures of the page go, if anywhere. */
const PICTURES = process.env.PLAYGROUND_SCREENSHOTS;

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
};

export interface BuiltPage {
  /** A page, and what it does from now on that no page should (watchPage). */
  open(options?: Parameters<Browser['newPage']>[0]): Promise<{ page: Page; errors: string[] }>;
}

/** Builds the page before all tests of the describe that it is called in, and removes it after them. */
export function useBuiltPage(): BuiltPage {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let address: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'playground-'));
    await build({ root: ROOT, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
    server = serve(folder);
    await new Promise((ready) => server.once('listening', ready));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, PATIENCE);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    async open(options = {}) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
      const errors = watchPage(page);
      await page.goto(address);
      return { page, errors };
    },
  };
}

function serve(folder: string): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname.replace(/^\/some\/where\//, '/');
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  }).listen(0, '127.0.0.1');
}

export async function untilStatus(page: Page, text: string): Promise<void> {
  await page.waitForFunction((part) => document.getElementById('status')!.textContent!.includes(part), text, {
    timeout: PATIENCE,
  });
}

/** Until training has come to a step. */
export async function reached(page: Page, step: number): Promise<void> {
  await page.waitForFunction(
    (least) => Number.parseInt(document.getElementById('gauge-step')!.textContent!, 10) >= least,
    step,
    { timeout: PATIENCE },
  );
}

export async function segmentSample(page: Page): Promise<void> {
  await page.click('#sample');
  await untilStatus(page, 'Segmented in');
}

/** A picture of the page, or of a part of it with its surroundings, where PLAYGROUND_SCREENSHOTS names a folder. */
export async function shot(page: Page, name: string, part?: string): Promise<void> {
  if (PICTURES === undefined) return;
  const path = join(PICTURES, `${name}.png`);
  if (part === undefined) return void (await page.screenshot({ path, fullPage: true }));
  await page.evaluate(() => scrollTo(0, 0));
  const { x, y, width, height } = (await page.locator(part).boundingBox())!;
  const clip = { x: x - 24, y: y - 24, width: width + 48, height: height + 48 };
  await page.screenshot({ path, clip, fullPage: true });
}
