import { readFileSync } from 'node:fs';
import { formatWithOptions } from 'node:util';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

beforeAll(useTestEngine);

const exportsOf = async (entry: Promise<object>): Promise<Record<string, unknown>> => ({ ...(await entry) });
const orderings = await exportsOf(import('./index.js'));
const ranks = await exportsOf(import('./ranks.js'));

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the snippet of the README prints what the README shows', () => {
  // @tensorflow/tfjs is tfjs-core and backends; the tests bring theirs.
  const [, imported, code] =
    /```js\nimport \* as tf from '@tensorflow\/tfjs';\nimport \{ (.*) \} from '@autoregseg\/orderings';\n(.*?)```/s.exec(
      readme,
    )!;
  const [, output] = /```\n\n```\n(.*?)```/s.exec(readme)!;
  const lines: string[] = [];
  const console = { log: (...values: unknown[]) => lines.push(formatWithOptions({ colors: false }, ...values)) };
  const names = imported.split(', ');
  new Function('console', 'tf', ...names, code)(console, tf, ...names.map((name) => orderings[name]));
  expect(`${lines.join('\n')}\n`).toBe(output);
});

it('the README names every function and class that the package exports, and /ranks exports the same ones', () => {
  const values = Object.keys(orderings);
  const unnamed = values.filter((name) => !readme.includes(name));
  expect(unnamed).toEqual(['checkView', 'isRasterOrdering', 'oppositeOrdering', 'PAIRINGS']);
  for (const [name, value] of Object.entries(ranks)) expect(value).toBe(orderings[name]);
});
