/**
 * The frame of every dataset that reads files: an index of ids, a reader, and one warning for each bad file.
 */
import {
  IGNORE_ID,
  UnreadableImageError,
  type Dataset,
  type GetOptions,
  type Sample,
  type SkippedFile,
} from './dataset.js';

export interface OpenOptions {
  /** Told about skipped files and missing labels, in one sentence each. */
  readonly onWarning?: (message: string) => void;
}

export interface IndexedParts {
  readonly name: string;
  readonly ids: readonly string[];
  readonly classes: readonly string[];
  readonly channels: number;
  readonly shapes?: Dataset['shapes'];
  /** Files that are left out already. */
  readonly skipped?: readonly SkippedFile[];
  /** The files that an image is read from. */
  readonly filesOf: (index: number) => readonly string[];
  /** @throws UnreadableImageError for a file that the rest of the dataset can do without */
  readonly read: (index: number, options: Required<GetOptions>) => Promise<Sample>;
}

export interface IndexedOptions extends OpenOptions {
  /** An unreadable file is an error instead of a warning. @defaultValue false */
  readonly strict?: boolean;
}

/**
 * A dataset over an index: samples are read when they are asked for, a bad file is skipped and told of once.
 *
 * @throws RangeError for unreadable files, at once or when they are met, when strict
 */
export function indexedDataset(parts: IndexedParts, options: IndexedOptions = {}): Dataset {
  const { strict = false, onWarning = () => undefined } = options;
  const { name, ids, classes, channels, shapes } = parts;
  if (ids.length === 0) throw new RangeError(`${name}: there are no images in what was asked for`);
  const skipped = new Map<string, SkippedFile>();
  const skip = (unreadable: readonly SkippedFile[]) => {
    const news = unreadable.filter(({ file }) => !skipped.has(file));
    if (news.length === 0) return;
    if (strict) throw new RangeError(`${name}: cannot read ${listed(news)}`);
    news.forEach((file) => skipped.set(file.file, file));
    onWarning(`skipped ${listed(news)}`);
  };
  skip(parts.skipped ?? []);
  const get = async (index: number, { label = true }: GetOptions = {}): Promise<Sample> => {
    if (!(Number.isInteger(index) && index >= 0 && index < ids.length)) {
      throw new RangeError(`${name}.get: index must be an integer from 0 to ${ids.length - 1}, got ${index}`);
    }
    try {
      return await parts.read(index, { label });
    } catch (error) {
      if (error instanceof UnreadableImageError) skip([{ file: error.file, reason: error.reason }]);
      throw error;
    }
  };
  return {
    name,
    size: ids.length,
    ids,
    classes,
    ignoreId: IGNORE_ID,
    channels,
    ...(shapes && { shapes }),
    get skipped() {
      return [...skipped.values()];
    },
    get,
    filesOf: parts.filesOf,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < ids.length; index++) {
        try {
          yield await get(index);
        } catch (error) {
          if (!(error instanceof UnreadableImageError)) throw error;
        }
      }
    },
  };
}

/** The first five of many names. */
export function someOf(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
}

function listed(files: readonly SkippedFile[]): string {
  return `${files.length} unreadable: ${someOf(files.map(({ file, reason }) => `${file} (${reason})`))}`;
}
