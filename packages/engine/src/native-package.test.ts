import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useSandbox } from '../test/sandbox.js';
import { addonFile } from './cache.js';
import { addonPlace, findNativePackages, linkAddon, unlinkAddon } from './native-package.js';

describe('native packages', () => {
  const sandbox = useSandbox();
  const home = process.cwd();
  beforeEach(() => {
    writeText(addonFile(), 'cached');
    mkdirSync(join(sandbox.folder, 'project'));
    process.chdir(join(sandbox.folder, 'project'));
  });
  afterEach(() => process.chdir(home));

  function writeText(file: string, text: string): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  function makePackage(place: string, name: string): string {
    const folder = join(sandbox.folder, place, 'node_modules', name);
    writeText(join(folder, 'package.json'), '{"binary":{"napi_versions":[3,4,5,6,7,8,99]}}');
    return folder;
  }

  const found = () => findNativePackages().filter(({ folder }) => folder.startsWith(sandbox.folder));

  it('are looked for in the project first, the GPU package before the other, and in the cache last', () => {
    const cached = makePackage('cache/package', '@tensorflow/tfjs-node-gpu');
    const plain = makePackage('project', '@tensorflow/tfjs-node');
    const gpu = makePackage('project', '@tensorflow/tfjs-node-gpu');
    expect(found()).toEqual([
      { name: '@tensorflow/tfjs-node-gpu', folder: gpu, addon: 'missing' },
      { name: '@tensorflow/tfjs-node', folder: plain, addon: 'missing' },
      { name: '@tensorflow/tfjs-node-gpu', folder: cached, addon: 'missing' },
    ]);
  });

  it('want their addon under the newest N-API that they and Node know', () => {
    const folder = makePackage('project', '@tensorflow/tfjs-node');
    expect(addonPlace(folder)).toBe(join(folder, 'lib/napi-v8/tfjs_binding.node'));
  });

  it('are linked to the cached addon, again after a clean install, and unlinked', () => {
    const folder = makePackage('project', '@tensorflow/tfjs-node');
    linkAddon(folder);
    linkAddon(folder);
    expect(readFileSync(addonPlace(folder), 'utf8')).toBe('cached');
    expect(readlinkSync(addonPlace(folder))).toBe(addonFile());
    expect(found()[0].addon).toBe('linked');
    rmSync(join(folder, 'lib'), { recursive: true });
    expect(found()[0].addon).toBe('missing');
    linkAddon(folder);
    unlinkAddon(folder);
    expect(found()[0].addon).toBe('missing');
  });

  it('count as without addon when the link leads nowhere', () => {
    const folder = makePackage('project', '@tensorflow/tfjs-node');
    linkAddon(folder);
    rmSync(addonFile());
    expect(found()[0].addon).toBe('missing');
  });

  it('keep an addon of their own', () => {
    const folder = makePackage('project', '@tensorflow/tfjs-node');
    writeText(addonPlace(folder), 'own');
    expect(found()[0].addon).toBe('own');
    unlinkAddon(folder);
    expect(existsSync(addonPlace(folder))).toBe(true);
  });
});
