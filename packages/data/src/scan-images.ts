/**
 * What a list of image files is, from their headers alone: which can be read, their ids, and the one number of bands.
 */
import { dirname, relative, resolve, sep } from 'node:path';
import type { ListedFile } from './file-listing.js';
import { UnreadableImageError, type SkippedFile } from './dataset.js';
import { readImageHeader, type HeaderOptions } from './image-header.js';

export interface ScannedImages {
  readonly files: readonly ListedFile[];
  readonly ids: readonly string[];
  readonly channels: number;
  /** Of each file, as stored. */
  readonly shapes: readonly (readonly [height: number, width: number])[];
  readonly skipped: readonly SkippedFile[];
}

/**
 * Reads every header. All images must have the same number of bands; grey ones among RGB ones count as RGB.
 *
 * @throws RangeError when no file is readable, or with an example of each number of bands when they differ
 */
export function scanImages(listed: readonly ListedFile[], options: HeaderOptions): ScannedImages {
  const skipped: SkippedFile[] = [];
  const byBands = new Map<number, ListedFile[]>();
  const shapes: [number, number][] = [];
  const files = listed.filter((file) => {
    try {
      const { bands, height, width } = readImageHeader(file.path, options);
      shapes.push([height, width]);
      byBands.set(bands, [...(byBands.get(bands) ?? []), file]);
      return true;
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
      skipped.push({ file: error.file, reason: error.reason });
      return false;
    }
  });
  if (files.length === 0) {
    const [{ file, reason }] = skipped;
    throw new RangeError(`none of the ${listed.length} images can be read; the first: ${file}: ${reason}`);
  }
  return { files, ids: uniqueIds(files), channels: commonBands(byBands), shapes, skipped };
}

function commonBands(byBands: ReadonlyMap<number, readonly ListedFile[]>): number {
  const counts = [...byBands.keys()].sort((a, b) => a - b);
  if (counts.length === 1) return counts[0];
  if (counts.length === 2 && counts[0] === 1 && counts[1] === 3) return 3;
  const examples = counts.map(
    (bands) => `${byBands.get(bands)!.length} with ${bands} ('${byBands.get(bands)![0].path}')`,
  );
  throw new RangeError(`all images must have the same number of bands (or grey and RGB), got ${examples.join(', ')}`);
}

/** The first of these that tells all files apart: path inside of its folder without extension, with it, path below the folder of all. */
function uniqueIds(files: readonly ListedFile[]): string[] {
  const common = commonFolder(files.map(({ path }) => resolve(path)));
  const choices = [
    ({ stem }: ListedFile) => stem,
    ({ stem, extension }: ListedFile) => stem + extension,
    ({ path }: ListedFile) => relative(common, resolve(path)).replaceAll('\\', '/'),
  ].map((idOf) => files.map(idOf));
  return choices.find((ids) => new Set(ids).size === ids.length) ?? choices[2];
}

function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0]);
  while (
    !paths.every((path) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) &&
    dirname(folder) !== folder
  )
    folder = dirname(folder);
  return folder;
}
