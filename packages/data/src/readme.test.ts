import { readFileSync } from 'node:fs';
import { formatWithOptions } from 'node:util';
import { expect, it } from 'vitest';

it('the snippet of the README prints what the README shows', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, imported, code] = /```js\nimport \{ (.*) \} from '@autoregseg\/data';\n(.*?)```/s.exec(readme)!;
  const [, output] = /```\n\n```\n(.*?)```/s.exec(readme)!;
  const data: Record<string, unknown> = await import('./index.js');
  const lines: string[] = [];
  const console = { log: (...values: unknown[]) => lines.push(formatWithOptions({ colors: false }, ...values)) };
  const names = imported.split(', ');
  const AsyncFunction = (async () => undefined).constructor as new (
    ...code: string[]
  ) => (...given: unknown[]) => Promise<void>;
  await new AsyncFunction('console', ...names, code)(console, ...names.map((name) => data[name]));
  expect(`${lines.join('\n')}\n`).toBe(output);
});
