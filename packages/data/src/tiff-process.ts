/** TIFF decoding in a child process (child/decode-tiff.mjs), file after file. */
import { fileURLToPath } from 'node:url';
import { ChildChannel } from './child-channel.js';
import { UnreadableImageError } from './dataset.js';
import { decodingPatienceMs } from './patience.js';
import type { TiffHeader } from './tiff-header.js';

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

/** What a header says of how much there is to decode. */
type SampleCount = Pick<TiffHeader, 'height' | 'width' | 'samples' | 'bitsPerSample'>;

/** Made when the first file asks for it: a page that imports this package has no processes. */
let decoder: ChildChannel | undefined;

function openDecoder(): ChildChannel {
  return new ChildChannel({
    script: fileURLToPath(new URL('../child/decode-tiff.mjs', import.meta.url)),
    name: 'the TIFF decoder',
    refuse: (file, reason) => new UnreadableImageError(file as string, reason),
  });
}

/**
 * Decodes the first image of a TIFF file; an overview or a further page is never read.
 *
 * @param header - of the file: how many samples there are sets how long decoding may take
 * @throws UnreadableImageError when the file cannot be decoded, even when it ends or hangs the child
 */
export function decodeTiff(file: string, header: SampleCount): Promise<DecodedTiff> {
  const { height, width, samples, bitsPerSample } = header;
  const bytes = (height * width * samples * bitsPerSample[0]) / 8;
  decoder ??= openDecoder();
  return decoder.ask<DecodedTiff>(file, { patienceMs: decodingPatienceMs(bytes) });
}
