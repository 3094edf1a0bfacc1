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

/** The folder of packages/ that is no library: nothing else waits for its build. */
const PAGE = 'playground';

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
  // The page needs none of the set-up's users' time: `npm run build` makes it too.
  const targets = ['run-many', '-t', 'build', `--exclude=@autoregseg/${PAGE}`];
  await runStep('build packages', process.execPath, [nx, ...targets], { cwd: root, env });
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
  const names = readdirSync(packages).filter((name) => name !== PAGE);
  const sources = [
    ...names.flatMap((name) => filesUnder(join(packages, name), isSource)),
    ...filesUnder(join(root, 'tools', 'build'), isSource),
    ...shared.map((name) => join(root, name)),
  ];
  const outputs = names.flatMap((name) => filesUnder(join(packages, name, 'dist')));
  return { sources: contentFingerprint(root, sources), outputs: touchFingerprint(root, outputs) };
}

/** @param {string} name */
function isSource(name) {
  return !['node_modules', 'dist'].includes(name) && !/\.test\.ts$|\.md$/.test(name);
}
