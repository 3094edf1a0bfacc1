import { readFileSync } from 'node:fs';
import { expectReadmeSnippet, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import * as losses from './index.js';

beforeAll(useTestEngine);

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the snippet of the README prints what the README shows', async () => {
  // @tensorflow/tfjs is tfjs-core and backends; the tests bring theirs.
  await expectReadmeSnippet(readme, { '@tensorflow/tfjs': tf, '@autoregseg/losses': losses });
});

it('the README names every function that the package exports', () => {
  expect(Object.keys(losses).filter((name) => !readme.includes(name))).toEqual([]);
});
