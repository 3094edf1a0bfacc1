/**
 * Step 1: `npm ci`, when node_modules is not what package-lock.json asks for.
 *
 * No stamp of ours decides it: npm writes node_modules/.package-lock.json last of all, so an interrupted install has none
 * and an install by hand counts.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runStep } from './child.mjs';

/** @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean }} LockEntry */
/** @typedef {{ packages: Record<string, LockEntry> }} Lock */

/** @param {string} root - the checkout */
export async function installDependencies(root) {
  const wanted = readLock(join(root, 'package-lock.json'));
  if (!wanted) throw new Error(`set-up: no readable package-lock.json in ${root}: is the clone complete?`);
  if (installedMatchesLock(wanted, readLock(join(root, 'node_modules', '.package-lock.json')))) return;
  const npm = npmCommand(process.env.npm_execpath, process.execPath);
  // Development packages are asked for by name: NODE_ENV=production would leave out the compiler.
  const args = [
    ...npm.args,
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  await runStep('install packages (npm ci)', npm.command, args, { cwd: root, shell: npm.shell });
}

/**
 * Whether every package of the lock file is installed in its version; optional ones may be missing, as npm leaves out
 * those of other platforms.
 *
 * @param {Lock} wanted - package-lock.json
 * @param {Lock | undefined} installed - npm's record of what it installed
 * @returns {boolean}
 */
export function installedMatchesLock(wanted, installed) {
  if (!installed) return false;
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (path === '') return true; // the root itself
    const found = installed.packages[path];
    if (!found) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link;
  });
}

/**
 * The npm that called us, so that the version the user chose installs; the one on the PATH when another tool did.
 *
 * @param {string | undefined} execPath - npm_execpath, which npm, yarn and pnpm all set
 * @param {string} node - this Node
 */
export function npmCommand(execPath, node) {
  if (execPath && basename(execPath) === 'npm-cli.js') return { command: node, args: [execPath], shell: false };
  // npm is a .cmd file on Windows, which only a shell starts.
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

/** @param {string} path @returns {Lock | undefined} */
function readLock(path) {
  try {
    const lock = JSON.parse(readFileSync(path, 'utf8'));
    return lock.packages ? lock : undefined;
  } catch {
    return undefined;
  }
}
