/**
 * Unpacking of a wheel: the two libraries and the C headers, and nothing else.
 *
 * The archive is checked by its hash before. Still no name in it decides where a file goes: an entry that is not one of the
 * expected names, character by character, is passed over, and a name that climbs out of the folder is an error.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { EngineInstallError } from './install-error.js';

const HEADER = /^tensorflow\/(include\/(?:tensorflow\/(?:c|core|tsl)|tsl|xla)\/(?:[a-z0-9_]+\/)*[a-z0-9_]+\.h)$/;
const LARGEST_HEADER = 2 ** 20;
const LARGEST_LIBRARY = 2 ** 31;

export interface UnpackOptions {
  /** File names of the libraries in the wheel's `tensorflow/` folder; all must be there. */
  readonly libraries: readonly string[];
  /** Called with the bytes written so far. */
  readonly onBytes?: (bytes: number) => void;
  readonly abort?: AbortSignal;
}

/**
 * Unpacks FOLDER/lib/<library> and FOLDER/include/....h.
 *
 * @throws EngineInstallError when the file is no sound zip, a size is out of bounds, or a library is missing
 */
export async function unpackWheel(wheel: string, folder: string, options: UnpackOptions): Promise<void> {
  const { abort, libraries } = options;
  let found: string[];
  try {
    const zip = await openPromise(wheel, { lazyEntries: true, autoClose: false });
    try {
      found = await unpackWanted(zip, folder, options);
    } finally {
      zip.close();
    }
  } catch (error) {
    abort?.throwIfAborted();
    throw unusable(wheel, (error as Error).message, error);
  }
  const missing = libraries.filter((library) => !found.includes(`lib/${library}`));
  if (missing.length > 0) throw unusable(wheel, `it holds no ${missing.join(', ')}`);
}

/** Where an entry goes, relative to the folder; undefined when it is not wanted. */
export function targetOf(entryName: string, libraries: readonly string[]): string | undefined {
  const library = libraries.find((name) => entryName === `tensorflow/${name}`);
  return library === undefined ? HEADER.exec(entryName)?.[1] : `lib/${library}`;
}

async function unpackWanted(zip: ZipFile, folder: string, options: UnpackOptions): Promise<string[]> {
  const { libraries, onBytes, abort } = options;
  const found: string[] = [];
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    const target = targetOf(entry.fileName, libraries);
    if (target === undefined) continue;
    checkSize(entry);
    const file = join(folder, target);
    await mkdir(dirname(file), { recursive: true });
    const stream = await zip.openReadStreamPromise(entry);
    stream.on('data', (chunk: Buffer) => onBytes?.((bytes += chunk.length)));
    await pipeline(stream, createWriteStream(file, { flags: 'wx' }), { signal: abort });
    found.push(target);
  }
  return found;
}

function checkSize({ fileName, uncompressedSize }: Entry): void {
  const limit = fileName.endsWith('.h') ? LARGEST_HEADER : LARGEST_LIBRARY;
  if (uncompressedSize > limit) throw new RangeError(`${fileName} has ${uncompressedSize} bytes, more than ${limit}`);
}

function unusable(wheel: string, why: string, cause?: unknown): EngineInstallError {
  const cure = /ENOSPC/.test(why)
    ? 'Free some disk space, or set AUTOREGSEG_CACHE to a folder on a larger disk'
    : 'Install again';
  return new EngineInstallError('unpack', `${basename(wheel)} cannot be unpacked: ${why}`, cure, { cause });
}
