/**
 * What `autoregseg plan` says beside what the training then takes, over four configurations.
 *
 *     node tools/bench/plan.mjs [--engine native] [--steps 40]
 *
 * Needs the app built. Each plan and each training is a process of its own; memory is the largest resident set, which the
 * process tells when it ends. The table goes to stdout. Seconds are those of all steps, as the run's metrics have them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { engine: { type: 'string', default: 'auto' }, steps: { type: 'string', default: '40' } },
});
const CLI = fileURLToPath(new URL('../../packages/app/dist/cli.js', import.meta.url));
const TELL = "data:text/javascript,process.on('exit',()=>console.error('maxrss',process.resourceUsage().maxRSS))";

const CONFIGURATIONS = [
  ['default', '--preset', 'default'],
  ['default, 16 images', '--preset', 'default', '--batch-size', '16'],
  ['paper, 6 images', '--preset', 'paper', '--batch-size', '6'],
  ['paper, 8 images by 2', '--preset', 'paper', '--batch-size', '8', '--micro-batch', '2'],
];

/** @param {string[]} args */
function run(args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', TELL, CLI, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`autoregseg ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return { stdout, peakMb: Number(/maxrss (\d+)/.exec(stderr)?.[1]) / 1024 };
}

/** @param {number} planned @param {number} taken */
const beside = (planned, taken) => `${((planned / taken - 1) * 100).toFixed(0)} %`;

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-plan-'));
console.log('| recipe | s, planned | taken | | peak MB, planned | taken | |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
try {
  for (const [name, ...recipe] of CONFIGURATIONS) {
    const common = ['--dataset', 'mosaic', '--steps', values.steps, '--engine', values.engine, ...recipe];
    const plan = JSON.parse(run(['plan', ...common, '--json']).stdout);
    const out = join(folder, String(name).replace(/\W+/g, '-'));
    const { peakMb } = run(['train', ...common, '--out', out]);
    const lastStep = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n').at(-1);
    const { seconds } = JSON.parse(String(lastStep));
    const cells = [
      name,
      plan.seconds.toFixed(1),
      seconds.toFixed(1),
      beside(plan.seconds, seconds),
      plan.peakMemoryMb.toFixed(0),
      peakMb.toFixed(0),
      beside(plan.peakMemoryMb, peakMb),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
