/** Files of given kinds under folders: recursive, sorted, hidden ones left out, each with its path inside of its folder. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';

export interface ListedFile {
  readonly path: string;
  /** Inside of the folder that was given, without extension, forward slashes; for a file given itself, its name. */
  readonly stem: string;
  /** Lower case, with its dot. */
  readonly extension: string;
}

/**
 * @param places - folders and files; a file listed twice counts once
 * @param extensions - lower case, with dots; other files of a folder are passed over
 * @throws RangeError naming the place when it does not exist, holds no such file, or is a file of another kind
 */
export function listFiles(places: readonly string[], extensions: readonly string[]): ListedFile[] {
  const listed = places.flatMap((place) => listPlace(place, extensions));
  const seen = new Set<string>();
  return listed.filter(({ path }) => {
    const file = resolve(path);
    return !seen.has(file) && seen.add(file);
  });
}

function listPlace(place: string, extensions: readonly string[]): ListedFile[] {
  const supported = `files of kinds ${extensions.join(' ')}`;
  if (!existsSync(place)) throw new RangeError(`'${place}' does not exist`);
  if (statSync(place).isFile()) {
    const file = listedFile(place, basename(place));
    if (extensions.includes(file.extension)) return [file];
    throw new RangeError(`'${place}' is not one of the ${supported}`);
  }
  const inside = walk(place, '', new Set());
  const files = inside.map((name) => listedFile(join(place, name), name));
  const wanted = files.filter(({ extension }) => extensions.includes(extension));
  if (wanted.length > 0) return wanted;
  const found = countBy(files.map(({ extension }) => extension || '(none)'));
  throw new RangeError(
    `'${place}' holds no ${supported}, ` +
      (files.length === 0 ? 'it is empty' : `only ${files.length} others: ${found.join(', ')}`),
  );
}

/** Paths of all files below, sorted by name within each folder; links are followed, but no folder is entered twice. */
function walk(root: string, inside: string, entered: Set<string>): string[] {
  const folder = realpathSync(join(root, inside));
  if (entered.has(folder)) return [];
  entered.add(folder);
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  return names.sort().flatMap((name) => {
    const path = inside === '' ? name : `${inside}/${name}`;
    const status = statSync(join(root, path), { throwIfNoEntry: false });
    if (status?.isDirectory()) return walk(root, path, entered);
    return status?.isFile() ? [path] : [];
  });
}

function listedFile(path: string, name: string): ListedFile {
  const extension = extname(name);
  return { path, stem: name.slice(0, name.length - extension.length), extension: extension.toLowerCase() };
}

function countBy(values: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${count} ${value}`);
}
