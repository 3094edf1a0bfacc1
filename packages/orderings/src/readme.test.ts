import { readFileSync } from 'node:fs';
import { expectReadmeSnippet, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

beforeAll(useTestEngine);

const exportsOf = async (entry: Promise<object>): Promise<Record<string, unknown>> => ({ ...(await entry) });
const orderings = await exportsOf(import('./index.js'));
const ranks = await exportsOf(import('./ranks.js'));

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the snippet of the README prints what the README shows', async () => {
  // @tensorflow/tfjs is tfjs-core and backends; the tests bring theirs.
  await expectReadmeSnippet(readme, { '@tensorflow/tfjs': tf, '@autoregseg/orderings': orderings });
});

it('the README names every function and class that the package exports, and /ranks exports the same ones', () => {
  const values = Object.keys(orderings);
  const unnamed = values.filter((name) => !readme.includes(name));
  expect(unnamed).toEqual(['checkView', 'isRasterOrdering', 'PAIRINGS', 'oppositeOrdering']);
  for (const [name, value] of Object.entries(ranks)) expect(value).toBe(orderings[name]);
});
