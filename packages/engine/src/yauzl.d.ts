/** The part of yauzl 3.4 that is used here; the package brings no types. */
declare module 'yauzl' {
  import type { Readable } from 'node:stream';

  export interface Entry {
    readonly fileName: string;
    readonly uncompressedSize: number;
  }

  export interface ZipFile {
    /** Checks each name: absolute paths, `..` and backslashes are errors. */
    eachEntry(): AsyncIterable<Entry>;
    /** Fails when the data is longer or shorter than the entry says. */
    openReadStreamPromise(entry: Entry): Promise<Readable>;
    close(): void;
  }

  export function openPromise(path: string, options: { lazyEntries: true; autoClose: false }): Promise<ZipFile>;
}
