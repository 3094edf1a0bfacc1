/** Fingerprints of files: by content for what people edit, by time and size for what machines write. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * SHA-256 over names and contents: the same again after `git checkout` there and back.
 *
 * @param {string} root - names are relative to it
 * @param {readonly string[]} paths - files under `root`
 */
export function contentFingerprint(root, paths) {
  return fingerprint(root, paths, (path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
}

/**
 * SHA-256 over names, sizes and times of change: notices that anybody wrote, not what.
 *
 * @param {string} root @param {readonly string[]} paths
 */
export function touchFingerprint(root, paths) {
  return fingerprint(root, paths, (path) => {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  });
}

/**
 * All files under a folder; none when it does not exist.
 *
 * @param {string} folder
 * @param {(name: string) => boolean} wanted - asked for each file and folder by its bare name
 * @returns {string[]}
 */
export function filesUnder(folder, wanted = () => true) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!wanted(entry.name)) return [];
    if (entry.isDirectory()) return filesUnder(path, wanted);
    return entry.isFile() ? [path] : [];
  });
}

/** @param {string} root @param {readonly string[]} paths @param {(path: string) => string} describe */
function fingerprint(root, paths, describe) {
  const hash = createHash('sha256');
  for (const path of paths.toSorted()) {
    hash.update(`${relative(root, path).replaceAll(sep, '/')}\n${describe(path)}\n`);
  }
  return hash.digest('hex');
}
