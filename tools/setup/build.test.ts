import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildIsCurrent, describeBuild } from './build.mjs';

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'setup-build-'));
  for (const path of ['package-lock.json', 'tsconfig.base.json', 'tsconfig.build.json', 'nx.json']) write(path, '{}');
  write('packages/one/src/index.ts', 'export const one = 1;');
  write('packages/one/dist/index.js', 'export const one = 1;');
});

afterEach(() => rmSync(root, { recursive: true }));

describe('buildIsCurrent', () => {
  it('holds while nothing changes', () => {
    expect(buildIsCurrent(describeBuild(root), describeBuild(root))).toBe(true);
  });

  it('fails before the first build', () => {
    expect(buildIsCurrent(describeBuild(root), undefined)).toBe(false);
  });

  it.each([
    ['a source is edited', () => write('packages/one/src/index.ts', 'export const one = 2;')],
    ['a source is added', () => write('packages/one/src/two.ts', '')],
    ['a package is added', () => write('packages/two/package.json', '{}')],
    ['the lock file changes', () => write('package-lock.json', '{"packages":{}}')],
    ['the build helper changes', () => write('tools/build/tsup.ts', '')],
    ['an output is deleted', () => rmSync(join(root, 'packages/one/dist'), { recursive: true })],
    ['somebody else builds', () => utimesSync(join(root, 'packages/one/dist/index.js'), 1, 1)],
  ])('fails when %s', (_, change) => {
    const last = describeBuild(root);
    change();
    expect(buildIsCurrent(describeBuild(root), last)).toBe(false);
  });

  it.each([
    ['a test', () => write('packages/one/src/index.test.ts', '')],
    ['a README', () => write('packages/one/README.md', '')],
    ['installed packages', () => write('packages/one/node_modules/x/index.js', '')],
    ['the time of a source', () => utimesSync(join(root, 'packages/one/src/index.ts'), 1, 1)],
  ])('does not mind %s', (_, change) => {
    const last = describeBuild(root);
    change();
    expect(buildIsCurrent(describeBuild(root), last)).toBe(true);
  });
});
