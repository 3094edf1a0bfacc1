/**
 * Feeds every reader of files thousands of hostile inputs and prints what came of it:
 *
 *   node tools/bench/hostile.mjs [--inputs 20000] [--only png]
 *
 * Runs the packages' hostile-input tests, each reader in turn. A reader that fails is named, with the edits that it did
 * not survive; the exit code is 1 then.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { inputs: { type: 'string', default: '20000' }, only: { type: 'string' } } });
const figures = mkdtempSync(join(tmpdir(), 'autoregseg-hostile-figures-'));

const tested = readdirSync(join(ROOT, 'packages')).filter((name) => hostileTests(name).length > 0);
const outcomes = tested.map((name) =>
  spawnSync('npx', ['vitest', 'run', ...hostileTests(name), ...(values.only ? ['-t', values.only] : [])], {
    cwd: join(ROOT, 'packages', name),
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      AUTOREGSEG_HOSTILE_INPUTS: values.inputs,
      AUTOREGSEG_HOSTILE_FIGURES: figures,
    },
  }),
);

const rows = readdirSync(figures).map((file) => JSON.parse(readFileSync(join(figures, file), 'utf8')));
rmSync(figures, { recursive: true });
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, commit ${commit}\n`);
console.log('| reader | inputs | read | refused | slowest, ms | peak memory, MB | of a child, MB |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const { name, inputs, accepted, refused, slowestMs, peakMb, childPeakMb } of rows) {
  console.log(`| ${[name, inputs, accepted, refused, slowestMs, peakMb, childPeakMb || '-'].join(' | ')} |`);
}
if (outcomes.some(({ status }) => status !== 0)) process.exitCode = 1;

/**
 * @param {string} name a package's folder
 * @returns {string[]} its hostile-input tests
 */
function hostileTests(name) {
  const source = join(ROOT, 'packages', name, 'src');
  if (!existsSync(source)) return [];
  return readdirSync(source, { recursive: true })
    .map((file) => join('src', String(file)))
    .filter((file) => file.endsWith('hostile-input.test.ts'));
}
