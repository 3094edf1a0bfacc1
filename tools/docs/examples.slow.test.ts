/** The examples of docs/plug-in.md, each in a process of its own, on what `npm run build` made. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

it.each(['simclr', 'byol', 'barlow-twins', 'vicreg', 'swav', 'crops-and-orderings'])(
  '%s runs as it stands, in under 60 lines',
  (name) => {
    const file = join(ROOT, 'docs/examples', `${name}.mjs`);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThan(60);
    const env = { ...process.env, SEEDS: '1' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: ROOT, env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/\d+\.\d/);
  },
);
