/**
 * `npm run bench`: our training step beside the same step in PyTorch, by turns on this machine.
 *
 * The table goes to stdout, the numbers with machine and commit to .results/bench.json. PyTorch is brought by pip into a
 * cache folder; without Python or a network ours is timed alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StepError } from '../setup/child.mjs';
import { pytorchPython } from './pytorch.mjs';
import { formatRows, formatSizes, measureByTurns } from './rounds.mjs';

const root = resolve(import.meta.dirname, '../..');
const usage = `Usage: npm run bench [-- options]

  --rounds <n>       measurements of each program, by turns (default 5)
  --steps <n>        timed training steps a measurement (default 3)
  --engine <name>    native, webgpu, wasm or auto (default auto)
  --variant <name>   of the PyTorch script: best, naive or both (default both)
  --no-pytorch       time ours alone
  --no-sizes         leave out the table of other sizes and batches

Example: npm run bench -- --rounds 3 --variant best
`;

/** @param {string} text @param {string} flag */
function wholeNumber(text, flag) {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`bench: ${flag} must be a whole number from 1, got '${text}'`);
  return Number(text);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      steps: { type: 'string', default: '3' },
      engine: { type: 'string', default: 'auto' },
      variant: { type: 'string', default: 'both' },
      'no-pytorch': { type: 'boolean', default: false },
      'no-sizes': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { engine, variant, help } = values;
  if (!['best', 'naive', 'both'].includes(variant)) {
    throw new RangeError(`bench: --variant must be best, naive or both, got '${variant}'`);
  }
  const variants = values['no-pytorch'] ? [] : variant === 'both' ? ['best', 'naive'] : [variant];
  const [rounds, steps] = [wholeNumber(values.rounds, '--rounds'), wholeNumber(values.steps, '--steps')];
  return { rounds, steps, engine, variants, sizes: !values['no-sizes'], help };
}

/** Runs a program that prints one JSON object. @param {string} command @param {readonly string[]} args */
function runJson(command, args) {
  return JSON.parse(execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** @param {ReturnType<typeof readOptions>} options */
async function bench({ rounds, steps, engine, variants, sizes }) {
  const app = join(root, 'packages', 'app', 'dist', 'cli.js');
  const ours = ['bench', 'step', '--json', '--engine', engine, '--rounds', String(steps)];
  let machine;
  const measureOurs = () => {
    const result = runJson(process.execPath, [app, ...ours]);
    machine = result.machine;
    return result;
  };
  /** @type {import('./rounds.mjs').Contender[]} */
  const contenders = [{ name: 'autoregseg', measure: measureOurs }];
  try {
    const python = variants.length > 0 ? await pytorchPython(cacheFolder()) : '';
    for (const variant of variants) {
      const script = [join(import.meta.dirname, 'pytorch_step.py'), '--variant', variant, '--steps', String(steps)];
      contenders.push({ name: `PyTorch ${variant}`, measure: () => runJson(python, script) });
    }
  } catch (error) {
    const reason = error instanceof StepError ? error.lastLine : /** @type {Error} */ (error).message;
    console.error(`bench: PyTorch is left out: ${reason}`);
  }
  const say = (/** @type {string} */ name, /** @type {number} */ round) =>
    console.error(`bench: round ${round} of ${rounds}, ${name} …`);
  const rows = measureByTurns(contenders, rounds, say);
  console.log(formatRows(rows));
  if (sizes) console.error('bench: other sizes and batches …');
  const flags = ['--json', '--engine', engine, '--rounds', String(steps)];
  const scaling = sizes ? runJson(process.execPath, [app, 'bench', 'sizes', ...flags]).rows : [];
  if (scaling.length > 0) console.log(`\n${formatSizes(scaling)}`);
  const file = join(root, '.results', 'bench.json');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ commit: commit(), machine, steps, rounds, rows, scaling }, null, 2)}\n`);
  console.error(`bench: written to ${file}`);
}

/** @returns {string} the engine's cache folder of this user */
function cacheFolder() {
  const engine = join(root, 'packages', 'engine', 'dist', 'cli.js');
  return runJson(process.execPath, [engine, 'status', '--json']).cache.folder;
}

function commit() {
  try {
    const git = (/** @type {string[]} */ ...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}

try {
  const options = readOptions();
  if (options.help) process.stdout.write(usage);
  else await bench(options);
} catch (error) {
  const { message, code } = /** @type {NodeJS.ErrnoException} */ (error);
  const misused = error instanceof RangeError || code?.startsWith('ERR_PARSE_ARGS') === true;
  console.error(misused ? `${message}\n\n${usage}` : message);
  process.exitCode = misused ? 2 : 1;
}
