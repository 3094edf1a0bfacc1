/**
 * The snippet of a README, run, against the output that the README shows under it.
 */
import { formatWithOptions } from 'node:util';
import { expect } from 'vitest';

/**
 * Expects the first ```js block to print, line by line, what the unmarked block after it holds.
 *
 * @param markdown - the README
 * @param modules - what its imports stand for, by specifier: each package as the tests see it
 */
export async function expectReadmeSnippet(markdown: string, modules: Readonly<Record<string, object>>): Promise<void> {
  const [, snippet, output] = /```js\n(.*?)```\n\n```\n(.*?)```/s.exec(markdown)!;
  const lines: string[] = [];
  const log = (...values: unknown[]) => lines.push(formatWithOptions({ colors: false }, ...values));
  await runSnippet(snippet, modules, { console: { log } });
  expect(`${lines.join('\n')}\n`).toBe(output);
}

/**
 * Runs a module's text: a snippet has no file that Node could resolve from.
 *
 * @param modules - what its imports stand for, by specifier
 * @param scope - what it names without importing it
 */
export async function runSnippet(
  snippet: string,
  modules: Readonly<Record<string, object>>,
  scope: Readonly<Record<string, unknown>>,
): Promise<void> {
  const imported: Record<string, unknown> = { ...scope };
  const code = snippet.replace(/^import (.*) from '(.*)';$/gm, (_line, names: string, specifier: string) => {
    const module = modules[specifier] as Record<string, unknown> | undefined;
    if (module === undefined) throw new RangeError(`runSnippet: no module is given for '${specifier}'`);
    const [, all] = /^\* as (\w+)$/.exec(names) ?? [];
    if (all !== undefined) imported[all] = module;
    else for (const name of names.replace(/[{}\s]/g, '').split(',')) imported[name] = module[name];
    return '';
  });
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction(...Object.keys(imported), code)(...Object.values(imported));
}
