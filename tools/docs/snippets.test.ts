/** Every block of JavaScript in the README, the guides and the packages' READMEs is run: here, or by the test named below. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as orderings from '@autoregseg/orderings';
import * as ranks from '@autoregseg/orderings/ranks';
import '@autoregseg/orderings/vitest';
import { expectReadmeSnippet, runSnippet, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** What another test runs, from the file as it stands. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/export.md 1': 'packages/app/src/export/export-run.test.ts',
  'docs/plug-in.md 1': 'tools/docs/plug-in.test.ts',
  'docs/plug-in.md 2': 'tools/docs/plug-in.test.ts',
  'packages/app/README.md 1': 'packages/app/src/readme.test.ts',
  'packages/data/README.md 1': 'packages/data/src/readme.test.ts',
  'packages/engine/README.md 1': 'tools/packaging/alone.slow.test.ts',
  'packages/evaluation/README.md 1': 'packages/evaluation/src/readme.test.ts',
  'packages/losses/README.md 1': 'packages/losses/src/readme.test.ts',
  'packages/orderings/README.md 1': 'packages/orderings/src/readme.test.ts',
};

/** By file and place in it: what the block needs around it. */
const HERE: Readonly<Record<string, (code: string, markdown: string) => Promise<void>>> = {
  'docs/orderings.md 1': (_, markdown) =>
    expectReadmeSnippet(markdown, { '@autoregseg/orderings/ranks': { ...ranks } }),
  'packages/orderings/README.md 2': async (code) => {
    const model = sequential({ layers: [layers.conv2d({ inputShape: [8, 8, 3], filters: 2, kernelSize: 3 })] });
    const images = tf.ones([2, 8, 8, 3]);
    await runSnippet(code, {}, { ...orderings, model, images });
  },
  'packages/orderings/README.md 3': async (code) => {
    const network = orderings.createNetwork({ channels: 3, stemChannels: 8, blocks: 1, heads: {}, seed: 0 });
    const body = code.replace(/^import .*$/m, '');
    await runSnippet(body, {}, { expect, network, ordering: orderings.rasterOrdering('top-left', 'row') });
  },
};

interface Block {
  readonly name: string;
  readonly code: string;
  readonly markdown: string;
}

function blocks(): Block[] {
  const guides = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`);
  return ['README.md', ...guides.map((name) => `docs/${name}`), ...packages].flatMap((file) => {
    const markdown = readFileSync(join(ROOT, file), 'utf8');
    const found = [...markdown.matchAll(/```(?:js|javascript|ts|typescript|mjs)\b[^\n]*\n(.*?)```/gs)];
    return found.map(([, code], index) => ({ name: `${file} ${index + 1}`, code, markdown }));
  });
}

beforeAll(useTestEngine);

describe('snippets', () => {
  it('are each run by some test, which names the file it takes them from', () => {
    const names = blocks().map(({ name }) => name);
    expect(names.sort()).toEqual([...Object.keys(ELSEWHERE), ...Object.keys(HERE)].sort());
    for (const [name, test] of Object.entries(ELSEWHERE)) {
      const file = name.split(' ')[0].split('/').at(-1)!;
      expect(readFileSync(join(ROOT, test), 'utf8'), `${test} reads ${file}`).toContain(file);
    }
  });

  it.each(Object.keys(HERE))('%s runs', async (name) => {
    const { code, markdown } = blocks().find((block) => block.name === name)!;
    await expect(HERE[name](code, markdown)).resolves.toBeUndefined();
  });
});
