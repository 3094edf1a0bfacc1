/**
 * The package as its users get it: packed, laid beside its dependencies, used by both module systems. Its textures and
 * its decoding process are files, which must be found from there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tiffBytes } from '../test/write-tiff.js';

const PACKAGE = resolve(import.meta.dirname, '..');
const project = realpathSync(mkdtempSync(join(tmpdir(), 'autoregseg-data-')));
const modules = join(project, 'node_modules');

const USE = `
const show = async ({ openDataset }) => {
  const mosaic = await openDataset({ dataset: 'mosaic' }).get(0);
  const tile = await openDataset({ dataset: 'folder', images: 'tile.tif' }).get(0);
  console.log(JSON.stringify([mosaic.image.shape, tile.image.shape, Math.round(255 * tile.image.data[4])]));
};
`;

beforeAll(() => {
  const manifest = createRequire(import.meta.url)('../package.json');
  const { dependencies, version } = manifest as { dependencies: Record<string, string>; version: string };
  mkdirSync(join(modules, '@autoregseg/data'), { recursive: true });
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(resolve(PACKAGE, '../../node_modules', name), join(modules, name));
  }
  execFileSync('npm', ['pack', '--pack-destination', project], { cwd: PACKAGE, stdio: 'ignore' });
  const into = join(modules, '@autoregseg/data');
  execFileSync('tar', ['-xzf', join(project, `autoregseg-data-${version}.tgz`), '-C', into, '--strip-components=1']);
  writeFileSync(join(project, 'tile.tif'), tiffBytes({ height: 1, width: 1, data: Uint8Array.of(1, 2, 3, 4, 5) }));
  writeFileSync(join(project, 'use.mjs'), `import * as data from '@autoregseg/data';${USE}await show(data);`);
  writeFileSync(join(project, 'use.cjs'), `${USE}show(require('@autoregseg/data'));`);
});
afterAll(() => rmSync(project, { recursive: true }));

describe('the packed package', () => {
  it.each(['use.mjs', 'use.cjs'])('finds its textures and its decoding process: %s', (script) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd: project, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([[192, 192, 3], [1, 1, 5], 5]);
  });
});
