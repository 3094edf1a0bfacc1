import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as data from '@autoregseg/data';
import { expectReadmeSnippet, useTestEngine } from '@autoregseg/testing';
import { afterEach, beforeEach, it } from 'vitest';
import * as app from './index.js';

let folder: string;

beforeEach(async () => {
  await useTestEngine();
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('the snippet of the README prints what the README shows', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  // The run goes into a folder of the test's own.
  await expectReadmeSnippet(readme.replaceAll("'run'", `'${join(folder, 'run')}'`), {
    '@autoregseg/data': { ...data },
    autoregseg: { ...app },
  });
});
