import { readFileSync } from 'node:fs';
import { expectReadmeSnippet } from '@autoregseg/testing';
import { it } from 'vitest';
import * as confusion from './confusion.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the snippet of the README prints what the README shows', async () => {
  await expectReadmeSnippet(readme, { '@autoregseg/evaluation/confusion': confusion });
});
