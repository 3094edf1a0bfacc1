/**
 * What earlier set-ups did, so that the next one does not do it again: .nx/setup.json.
 *
 * Beside nx's cache, since the two live and die together; in node_modules, `npm ci` would delete it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {import('./build.mjs').BuildRecord} BuildRecord */
/** @typedef {import('./engine.mjs').EngineRecord} EngineRecord */
/** @typedef {{ build?: BuildRecord, engine?: EngineRecord }} Stamp */

/** @param {string} root */
const stampPath = (root) => join(root, '.nx', 'setup.json');

/**
 * @param {string} root
 * @returns {Stamp} empty when there is none or it cannot be read: everything is then checked again
 */
export function readStamp(root) {
  try {
    return JSON.parse(readFileSync(stampPath(root), 'utf8'));
  } catch {
    return {};
  }
}

/** Replaces the stamp in one rename, so that a kill leaves the old one. @param {string} root @param {Stamp} stamp */
export function writeStamp(root, stamp) {
  const path = stampPath(root);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(`${path}.${process.pid}`, path);
}
