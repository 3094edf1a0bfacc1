import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const config = resolve(import.meta.dirname, 'boundaries.cjs');
const cruiser = resolve(import.meta.dirname, '../../node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};
const brokenRules = () => {
  const args = [cruiser, 'packages', '--config', config, '--output-type', 'json'];
  const { summary } = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
  return summary.violations.map(({ rule, from }: { rule: { name: string }; from: string }) => `${from}: ${rule.name}`);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  write('tsconfig.base.json', '{ "compilerOptions": { "moduleResolution": "Bundler", "module": "ESNext" } }');
  for (const name of ['orderings', 'losses', 'app']) {
    const exports = { '.': { '@autoregseg/source': './src/index.ts' } };
    write(`packages/${name}/package.json`, JSON.stringify({ name: `@autoregseg/${name}`, type: 'module', exports }));
    write(`packages/${name}/src/index.ts`, 'export interface Ordering { name: string }\nexport const one = 1;\n');
    mkdirSync(join(root, 'node_modules/@autoregseg'), { recursive: true });
    symlinkSync(join(root, 'packages', name), join(root, 'node_modules/@autoregseg', name));
  }
  for (const name of ['tfjs-core', 'tfjs-backend-cpu']) {
    write(`node_modules/@tensorflow/${name}/package.json`, `{ "name": "@tensorflow/${name}", "main": "index.js" }`);
    write(`node_modules/@tensorflow/${name}/index.js`, '');
  }
});

afterEach(() => rmSync(root, { recursive: true }));

describe('boundaries', () => {
  it('lets the app import a library, and a library tfjs-core', () => {
    write('packages/app/src/train.ts', "import { one } from '@autoregseg/losses';\nexport const two = one;\n");
    write('packages/losses/src/loss.ts', "import '@tensorflow/tfjs-core';\n");
    expect(brokenRules()).toEqual([]);
  });

  it.each([
    ['a value', "import { one } from '@autoregseg/orderings';\nexport const two = one;\n"],
    ['a type', "import type { Ordering } from '@autoregseg/orderings';\nexport type Two = Ordering;\n"],
    ['a file', "import type { Ordering } from '../../orderings/src/index.js';\nexport type Two = Ordering;\n"],
    ['late', "export const load = () => import('@autoregseg/orderings');\n"],
  ])('refuse a library that imports another: %s', (_, text) => {
    write('packages/losses/src/loss.ts', text);
    expect(brokenRules()).toEqual(['packages/losses/src/loss.ts: losses-imports-only-nothing-of-ours']);
  });

  it('let fixtures import what tests share, and refuse a source that imports a fixture', () => {
    write('tools/testing/src/shared.ts', 'export const shared = 1;\n');
    write('packages/app/src/small.fixture.ts', "export * from '../../../tools/testing/src/shared.js';\n");
    write('packages/app/src/small.test.ts', "import './small.fixture.js';\n");
    expect(brokenRules()).toEqual([]);
    write('packages/app/src/train.ts', "import './small.fixture.js';\n");
    expect(brokenRules()).toEqual(['packages/app/src/train.ts: only-tests-import-fixtures']);
  });

  it('refuse a library that imports the app', () => {
    write('packages/orderings/src/net.ts', "import '@autoregseg/app';\n");
    expect(brokenRules()).toEqual(['packages/orderings/src/net.ts: orderings-imports-only-nothing-of-ours']);
  });

  it('refuse a library that imports a backend, but not its tests', () => {
    write('packages/losses/src/loss.ts', "import '@tensorflow/tfjs-backend-cpu';\n");
    write('packages/losses/src/loss.test.ts', "import '@tensorflow/tfjs-backend-cpu';\n");
    expect(brokenRules()).toEqual(['packages/losses/src/loss.ts: only-engine-imports-a-backend']);
  });

  it('refuse TensorFlow.js behind an entry that promises none, at any distance', () => {
    write('packages/orderings/src/ranks.ts', "import './order.js';\n");
    write('packages/orderings/src/order.ts', "import type {} from '@tensorflow/tfjs-core';\n");
    expect(brokenRules()).toEqual(['packages/orderings/src/ranks.ts: ranks-and-confusion-import-no-tensorflow']);
  });

  it('refuse a cycle and a module that does not exist', () => {
    write('packages/losses/src/a.ts', "import './b.js';\n");
    write('packages/losses/src/b.ts', "import './a.js';\nimport 'no-such-package';\n");
    expect(brokenRules().toSorted()).toEqual([
      'packages/losses/src/a.ts: no-cycles',
      'packages/losses/src/b.ts: nothing-unresolved',
    ]);
  });
});
