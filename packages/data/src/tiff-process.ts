/** TIFF decoding in a child process (child/decode-tiff.mjs), file after file. */
import { fileURLToPath } from 'node:url';
import { ChildChannel } from './child-channel.js';
import { UnreadableImageError } from './dataset.js';

/** Samples in the type that the file stores. */
export type TiffSamples =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** Pixels of a TIFF as stored: row-major [height, width, samples]. */
export interface DecodedTiff {
  readonly height: number;
  readonly width: number;
  readonly samples: number;
  readonly data: TiffSamples;
}

const decoder = new ChildChannel({
  script: fileURLToPath(new URL('../child/decode-tiff.mjs', import.meta.url)),
  name: 'the TIFF decoder',
  refuse: (file, reason) => new UnreadableImageError(file as string, reason),
});

/**
 * Decodes the first image of a TIFF file; an overview or a further page is never read.
 *
 * @throws UnreadableImageError when the file cannot be decoded, even when it ends the child
 */
export function decodeTiff(file: string): Promise<DecodedTiff> {
  return decoder.ask<DecodedTiff>(file);
}
