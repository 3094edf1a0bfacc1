/** The demo with --json: its mosaics and K-means take longer than a test of every day may. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { succeed, TINY } from './run-command.fixture.js';

const out = mkdtempSync(join(tmpdir(), 'autoregseg-demo-'));
afterAll(() => rmSync(out, { recursive: true }));

it('prints one object on stdout: the scores of unseen mosaics, and of K-means', async () => {
  const { stdout } = await succeed('demo', ...TINY, '--out', out, '--json');
  expect(stdout).toMatch(/^\{.*\}\n$/);
  const names = ['protocol', 'pixels', 'pixelAccuracy', 'confusion', 'report', 'kMeans', 'seconds'];
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual(expect.arrayContaining(names));
});
