/**
 * Step 4: native TensorFlow, through the command line of @autoregseg/engine.
 *
 * It is wanted, not needed: where it cannot be had (no Python, no compiler, no network) wasm runs instead. A failure is
 * remembered with its reason, so that the next run does not download again; `npm run setup -- --engine` does.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runStep, StepError } from './child.mjs';
import { contentFingerprint, filesUnder } from './fingerprint.mjs';

/** 'insist' and 'decline' are the flags --engine and --no-engine. @typedef {'default' | 'insist' | 'decline'} EngineRequest */
/**
 * `key` names what the outcome holds for; `files` must still be there for 'native' to hold.
 * @typedef {{ outcome: 'native' | 'failed' | 'declined', key: string, reason?: string, files?: string[] }} EngineRecord
 */

/**
 * @param {string} root
 * @param {EngineRequest} request
 * @param {EngineRecord | undefined} last
 * @returns {Promise<EngineRecord | undefined>} what is to be remembered
 */
export async function setUpEngine(root, request, last) {
  const key = engineKey(root);
  const decision = decideEngine({
    request,
    preference: process.env.AUTOREGSEG_ENGINE,
    last,
    key,
    present: last?.files?.every((path) => existsSync(path)) ?? false,
  });
  switch (decision) {
    case 'nothing':
      return last;
    case 'remind':
      tellFallback(last?.reason);
      return last;
    case 'decline':
      return { outcome: 'declined', key };
    case 'install':
      return install(root, key, request === 'insist');
  }
}

/**
 * @param {{ request: EngineRequest, preference: string | undefined, last: EngineRecord | undefined, key: string,
 *   present: boolean }} facts - `preference` is AUTOREGSEG_ENGINE, `present` whether the recorded files exist
 * @returns {'nothing' | 'remind' | 'decline' | 'install'}
 */
export function decideEngine({ request, preference, last, key, present }) {
  if (request === 'decline') return 'decline';
  if (request === 'insist') return 'install';
  if (preference !== undefined && !['', 'auto', 'native'].includes(preference)) return 'nothing';
  if (last === undefined) return 'install';
  if (last.outcome === 'declined') return 'nothing';
  if (last.key !== key) return 'install';
  if (last.outcome === 'failed') return 'remind';
  return present ? 'nothing' : 'install';
}

/** @param {string} root @param {string} key @param {boolean} insists @returns {Promise<EngineRecord>} */
async function install(root, key, insists) {
  const cli = join(root, 'packages', 'engine', 'dist', 'cli.js');
  try {
    await runStep('install native TensorFlow', process.execPath, [cli, 'install'], { cwd: root });
    const status = await runStep('check native TensorFlow', process.execPath, [cli, 'status', '--json'], { cwd: root });
    const { addon } = JSON.parse(status); // null where a package brings an addon of its own
    return { outcome: 'native', key, files: addon === null ? [] : [addon] };
  } catch (error) {
    if (insists || !(error instanceof StepError)) throw error;
    const reason = shorten(error.lastLine.replace(/^error: /, ''));
    tellFallback(reason);
    return { outcome: 'failed', key, reason };
  }
}

/** One line has to do: --engine shows all of it. @param {string} reason */
function shorten(reason) {
  return reason.length > 240 ? `${reason.slice(0, 239)}…` : reason;
}

/** @param {string} [reason] */
function tellFallback(reason = 'its installation failed') {
  const again = 'to try again: npm run setup -- --engine';
  process.stderr.write(`set-up: no native TensorFlow, so wasm runs, several times slower: ${reason} (${again})\n`);
}

/** What a remembered outcome depends on: the machine, the place of the cache and the engine package as built. @param {string} root */
function engineKey(root) {
  const dist = join(root, 'packages', 'engine', 'dist');
  const built = contentFingerprint(
    root,
    filesUnder(dist, (name) => !name.endsWith('.map')),
  );
  return [process.platform, process.arch, process.env.AUTOREGSEG_CACHE ?? '', built].join(' ');
}
