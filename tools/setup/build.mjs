/**
 * Step 2: build the packages, when their sources or their outputs are not those of the last build.
 *
 * nx alone would do (it caches), in two seconds; the stamp makes an unchanged tree cost a tenth of one.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './child.mjs';
import { contentFingerprint, filesUnder, touchFingerprint } from './fingerprint.mjs';

/** @typedef {{ sources: string, outputs: string }} BuildRecord */

/**
 * @param {string} root
 * @param {BuildRecord | undefined} last - what the last build left
 * @returns {Promise<BuildRecord>}
 */
export async function buildPackages(root, last) {
  const found = describeBuild(root);
  if (last && buildIsCurrent(found, last)) return last;
  const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const env = { NX_DAEMON: 'false', NX_TUI: 'false' };
  await runStep('build packages', process.execPath, [nx, 'run-many', '-t', 'build'], { cwd: root, env });
  return describeBuild(root);
}

/**
 * Outputs are compared too: a build by hand, a deleted dist or another branch's dist must not pass for ours.
 *
 * @param {BuildRecord} found @param {BuildRecord | undefined} last
 */
export function buildIsCurrent(found, last) {
  return last !== undefined && found.sources === last.sources && found.outputs === last.outputs;
}

/**
 * @param {string} root
 * @returns {BuildRecord}
 */
export function describeBuild(root) {
  const packages = join(root, 'packages');
  const shared = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.build.json', 'nx.json'];
  const sources = [
    ...filesUnder(packages, isSource),
    ...filesUnder(join(root, 'tools', 'build'), isSource),
    ...shared.map((name) => join(root, name)),
  ];
  const outputs = readdirSync(packages).flatMap((name) => filesUnder(join(packages, name, 'dist')));
  return { sources: contentFingerprint(root, sources), outputs: touchFingerprint(root, outputs) };
}

/** @param {string} name */
function isSource(name) {
  return !['node_modules', 'dist'].includes(name) && !/\.test\.ts$|\.md$/.test(name);
}
