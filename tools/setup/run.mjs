/**
 * The set-up: install, build, commands, engine; each step first looks whether it is needed.
 *
 * Nothing to do prints nothing, so that `npm test` and `npm run demo` can always call it.
 */
import { join, resolve } from 'node:path';
import { buildPackages } from './build.mjs';
import { InterruptedError, StepError } from './child.mjs';
import { linkCommands } from './commands.mjs';
import { setUpEngine } from './engine.mjs';
import { installDependencies } from './install.mjs';
import { withLock } from './lock.mjs';
import { readStamp, writeStamp } from './stamp.mjs';

/** @typedef {import('./engine.mjs').EngineRequest} EngineRequest */

const usage = `Usage: npm run setup [-- --engine | --no-engine]

Installs the packages, builds them and installs native TensorFlow. What is done is not done again.

  --engine      install native TensorFlow now, even if an earlier try failed or was declined; its failure is an error
  --no-engine   leave native TensorFlow out, now and later: wasm runs instead

AUTOREGSEG_ENGINE=wasm (or webgpu) in the environment leaves it out this time only.
Example: npm run setup -- --no-engine
`;

/** @param {readonly string[]} args - the command line */
export async function main(args) {
  const request = parseRequest(args);
  if (request === 'help') return void process.stdout.write(usage);
  if (typeof request !== 'string') {
    process.stderr.write(`set-up: ${request.fault}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const root = resolve(import.meta.dirname, '../..');
  const onWait = (/** @type {number} */ holder) =>
    process.stderr.write(`set-up: waiting for the one that process ${holder} is running here …\n`);
  try {
    await withLock(join(root, '.nx', 'setup.lock'), () => setUp(root, request), { onWait });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/**
 * @param {readonly string[]} args
 * @returns {EngineRequest | 'help' | { fault: string }}
 */
export function parseRequest(args) {
  const known = ['--engine', '--no-engine', '--help', '-h'];
  const unknown = args.filter((argument) => !known.includes(argument));
  if (unknown.length > 0) return { fault: `unknown argument ${unknown.join(', ')}` };
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const insists = args.includes('--engine');
  if (insists && args.includes('--no-engine')) return { fault: '--engine and --no-engine exclude each other' };
  if (insists) return 'insist';
  return args.includes('--no-engine') ? 'decline' : 'default';
}

/** @param {string} root @param {EngineRequest} request */
async function setUp(root, request) {
  await installDependencies(root);
  const stamp = readStamp(root);
  const build = await buildPackages(root, stamp.build);
  if (build !== stamp.build) writeStamp(root, { ...stamp, build });
  await linkCommands(root);
  const engine = await setUpEngine(root, request, stamp.engine);
  if (engine !== stamp.engine) writeStamp(root, { ...stamp, build, engine });
}

/** @param {unknown} error @returns {number} the exit code */
function report(error) {
  if (error instanceof InterruptedError) {
    process.stderr.write(`set-up: ${error.message}; the next run goes on from here\n`);
    return error.exitCode;
  }
  if (error instanceof StepError) {
    process.stderr.write(`${error.output.trimEnd()}\n\nset-up: ${error.message}; its output is above\n`);
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
