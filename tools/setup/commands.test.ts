import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkCommands, packagesWithoutCommands } from './commands.mjs';

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'setup-commands-'));
  write('package.json', '{ "private": true, "workspaces": ["packages/*"] }');
  write('packages/one/package.json', '{ "name": "one", "version": "1.0.0", "bin": { "say-one": "./dist/cli.js" } }');
  write('packages/two/package.json', '{ "name": "two", "version": "1.0.0" }');
  mkdirSync(join(root, 'node_modules'));
  symlinkSync('../packages/one', join(root, 'node_modules/one'));
});
afterEach(() => rmSync(root, { recursive: true }));

const build = () => {
  write('packages/one/dist/cli.js', "#!/usr/bin/env node\nconsole.log('one');\n");
  chmodSync(join(root, 'packages/one/dist/cli.js'), 0o755);
};

describe('packagesWithoutCommands', () => {
  it('names no package whose command is not built yet', () => expect(packagesWithoutCommands(root)).toEqual([]));

  it('names a package whose command npx does not find', () => {
    build();
    expect(packagesWithoutCommands(root)).toEqual(['one']);
  });
});

describe('linkCommands', () => {
  it('lets npx run what was built after the installation, once', async () => {
    build();
    await linkCommands(root);
    expect(packagesWithoutCommands(root)).toEqual([]);
    const said = execFileSync(join(root, 'node_modules/.bin/say-one'), { encoding: 'utf8' });
    expect(said).toBe('one\n');
  });
});
