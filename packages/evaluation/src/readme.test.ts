import { readFileSync } from 'node:fs';
import { expectReadmeSnippet } from '@autoregseg/testing';
import { expect, it } from 'vitest';
import * as confusion from './confusion.js';
import * as evaluation from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the snippet of the README prints what the README shows', async () => {
  await expectReadmeSnippet(readme, { '@autoregseg/evaluation/confusion': confusion });
});

it('the README names every function that the package exports', () => {
  expect(Object.keys(evaluation).filter((name) => !readme.includes(name))).toEqual([]);
});
