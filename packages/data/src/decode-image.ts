/**
 * From a file to samples as stored, by the decoder that is safe for it.
 *
 * PNG, JPEG, WebP and the plainest TIFFs go to sharp, which is fast and works on threads of its own. sharp silently
 * misreads other TIFFs (four bands tagged "black is zero" come back as something else), so those go to geotiff.
 */
import sharp from 'sharp';
import { UnreadableImageError } from './dataset.js';
import { tiffAlphaSamples, type ImageHeader } from './image-header.js';
import { nameOf, type ImageSource } from './image-source.js';
import { decodingPatienceMs } from './patience.js';
import type { TiffHeader } from './tiff-header.js';
import { decodeTiff, type DecodedTiff } from './tiff-process.js';

// libvips remembers opened files by name: one that was written anew in the same second would be read by its old header.
// A page that imports this package has an empty sharp.
sharp.cache?.(false);

/** Upright pixels, row-major [height, width, bands + (hasAlpha ? 1 : 0)]; alpha is the last sample. */
export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly hasAlpha: boolean;
  readonly data: DecodedTiff['data'];
}

/** Bytes of samples that the decoding process may hand over for one file: it holds each about four times meanwhile. */
export const MAX_TIFF_BYTES = 200 * 2 ** 20;

/** @throws UnreadableImageError when the file is damaged, or of a kind that no decoder here reads faithfully */
export async function decodeImage(
  source: ImageSource,
  header: ImageHeader,
  alpha: 'mask' | 'band',
): Promise<DecodedImage> {
  const { tiff } = header;
  if (!tiff) return decodeBySharp(source, header, 'mask');
  if (isSafeForSharp(tiff)) return decodeBySharp(source, header, tiffAlphaSamples(tiff, alpha) === 1 ? 'mask' : 'band');
  if (typeof source === 'string') return decodeByGeotiff(source, tiff, alpha);
  const kind = `TIFF of ${tiff.samples} bands of ${tiff.bitsPerSample[0]} bits`;
  throw new UnreadableImageError(nameOf(source), `a ${kind} is read from a file of its own only; lay it beside as one`);
}

/** Upright by the orientation tag, in RGB or grey, 8 or 16 bit; anything missing at the end of the file is an error. */
async function decodeBySharp(
  source: ImageSource,
  { bands, depth, height, width, format }: ImageHeader,
  fourth: 'mask' | 'band',
): Promise<DecodedImage> {
  const file = nameOf(source);
  const deep = depth === 16;
  const { data, info } = await sharp(typeof source === 'string' ? source : source.bytes, {
    failOn: 'error',
    limitInputPixels: height * width,
  })
    .timeout({ seconds: Math.ceil(decodingPatienceMs((height * width * bands * depth) / 8) / 1000) })
    .autoOrient()
    // Grey is spread to three equal channels, and back below: in a grey colour space sharp drops alpha.
    .toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw new UnreadableImageError(file, error.message.replaceAll(/\s+/g, ' '));
    });
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : new Uint8Array(data);
  const extra = info.channels - 3;
  const expected = fourth === 'band' ? bands - 3 : undefined;
  if (extra < 0 || extra > 1 || (expected !== undefined && bands > 1 && extra !== expected)) {
    throw new UnreadableImageError(file, `${format} with ${bands} bands came out with ${info.channels} channels`);
  }
  const hasAlpha = extra === 1 && fourth === 'mask';
  const kept = bands === 1 ? [0, ...(hasAlpha ? [3] : [])] : undefined;
  return {
    height: info.height,
    width: info.width,
    bands,
    hasAlpha,
    data: kept ? pick(samples, info.channels, kept) : samples,
  };
}

/** 8 or 16 bit unsigned, pixel by pixel: grey, palette, RGB or RGB and one more. */
function isSafeForSharp({
  bitsPerSample,
  sampleFormat,
  photometric,
  samples,
  planar,
  extraSamples,
}: TiffHeader): boolean {
  const plain = sampleFormat === 1 && planar === 1;
  const depth = bitsPerSample[0];
  if (!plain || (depth !== 8 && depth !== 16) || bitsPerSample.some((bits) => bits !== depth)) return false;
  if (photometric === 2) return samples === 3 || (samples === 4 && extraSamples.length === 1);
  if (photometric === 6) return samples === 3 && depth === 8;
  if (photometric === 3) return samples === 1 && depth === 8;
  return photometric <= 1 && samples === 1;
}

async function decodeByGeotiff(file: string, header: TiffHeader, alpha: 'mask' | 'band'): Promise<DecodedImage> {
  const { photometric, orientation, samples, height, width, bitsPerSample } = header;
  const refuse = (reason: string) => {
    throw new UnreadableImageError(file, reason);
  };
  if (photometric !== 1 && photometric !== 2) {
    refuse(`TIFF of photometric kind ${photometric} with ${samples} samples is not read; save it as RGB or grey`);
  }
  if (orientation !== 1)
    refuse(`TIFF of ${samples} bands with orientation ${orientation} is not read; save it upright`);
  if (bitsPerSample.some((bits) => bits !== bitsPerSample[0] || ![8, 16, 32, 64].includes(bits))) {
    refuse(`TIFF with samples of ${bitsPerSample.join(', ')} bits is not read; save it with 8, 16 or 32`);
  }
  const bytes = (height * width * samples * bitsPerSample[0]) / 8;
  if (bytes > MAX_TIFF_BYTES)
    refuse(`TIFF of ${bytes} bytes of samples; cut it into tiles of at most ${MAX_TIFF_BYTES}`);
  const decoded = await decodeTiff(file, header);
  if (decoded.samples !== samples || decoded.data.length !== height * width * samples) {
    refuse(`TIFF with ${samples} samples came out with ${decoded.samples}`);
  }
  const alphas = tiffAlphaSamples(header, alpha);
  return { height, width, bands: samples - alphas, hasAlpha: alphas === 1, data: decoded.data };
}

function pick<Samples extends Uint8Array | Uint16Array>(all: Samples, channels: number, kept: number[]): Samples {
  const picked = all.slice(0, (all.length / channels) * kept.length) as Samples;
  for (let at = 0; at < picked.length; at++) {
    picked[at] = all[Math.floor(at / kept.length) * channels + kept[at % kept.length]];
  }
  return picked;
}
