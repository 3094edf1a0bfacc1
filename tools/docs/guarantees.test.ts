/** docs/guarantees.md names tests; each is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8');

/** `a/{b,c}.test.ts` stands for two files. */
function expanded(path: string): string[] {
  const [, before, names, after] = /^(.*)\{(.*)\}(.*)$/.exec(path) ?? [];
  return names === undefined ? [path] : names.split(',').map((name) => before + name + after);
}

describe('docs/guarantees.md', () => {
  const paths = [...guide.matchAll(/`([\w/.{},-]+\/[\w.{},-]+\.test\.ts)`/g)].flatMap(([, path]) => expanded(path));

  it('names tests that are there', () => {
    expect(paths.length).toBeGreaterThan(20);
    const isThere = (path: string) => ['packages', '.'].some((folder) => existsSync(join(ROOT, folder, path)));
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

  it('has a test beside each promise', () => {
    const rows = guide
      .split('## Hostile input')[0]
      .split('\n')
      .filter((line) => /^\| [A-Z`]/.test(line));
    expect(rows.filter((row) => !row.split('|')[2].includes('.test.ts'))).toEqual([]);
  });

  it('is right that the linter refuses code made of text', () => {
    const { rules } = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as { rules: object };
    expect(rules).toMatchObject({ 'no-eval': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error' });
  });
});
