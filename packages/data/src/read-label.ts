/**
 * Reads label files: one number a pixel, exactly as stored. Palette PNGs give their indices, never their colours.
 */
import { readFileSync } from 'node:fs';
import { UnreadableImageError } from './dataset.js';
import { readImageHeader, type ImageHeader } from './image-header.js';
import { nameOf, type ImageSource } from './image-source.js';
import { decodeLabelPng } from './label-png.js';
import { decodeTiff } from './tiff-process.js';

export interface LabelIds {
  readonly height: number;
  readonly width: number;
  /** [H * W] */
  readonly ids: Int32Array;
}

/**
 * @throws UnreadableImageError when the file is damaged; RangeError when it is a colour picture, not a map of numbers
 */
export async function readLabel(file: string, maxPixels?: number): Promise<LabelIds> {
  const header = readImageHeader(file, { maxPixels, alpha: 'band' });
  return header.tiff ? readTiffLabel(file, header) : readPngLabel(file, maxPixels);
}

/** As `readLabel`, at once, for PNG files alone. */
export function readPngLabel(source: ImageSource, maxPixels?: number): LabelIds {
  const file = nameOf(source);
  const { format } = readImageHeader(source, { maxPixels, alpha: 'band' });
  if (format !== 'png') throw new UnreadableImageError(file, `labels are PNG or TIFF files, got ${format}`);
  const { height, width, channels, depth, data } = decodePng(source);
  if (channels !== 1) throw colourPicture(file, channels);
  const ids = depth < 8 ? unpacked(data, height, width, depth) : Int32Array.from(data);
  if (ids.length !== height * width) throw new UnreadableImageError(file, 'the PNG file is cut off');
  return { height, width, ids };
}

async function readTiffLabel(file: string, { height, width, tiff }: ImageHeader): Promise<LabelIds> {
  if (tiff!.samples !== 1) throw colourPicture(file, tiff!.samples);
  if (tiff!.sampleFormat === 3) throw new UnreadableImageError(file, 'labels are whole numbers, got a float TIFF');
  return { height, width, ids: Int32Array.from((await decodeTiff(file, tiff!)).data) };
}

function decodePng(source: ImageSource) {
  try {
    return decodeLabelPng(typeof source === 'string' ? readFileSync(source) : source.bytes);
  } catch (error) {
    throw new UnreadableImageError(nameOf(source), (error as Error).message);
  }
}

/** A fault of the whole dataset most likely, so it is never skipped. */
function colourPicture(file: string, channels: number): RangeError {
  return new RangeError(
    `label '${file}': a label holds one number a pixel (grey or palette), got ${channels} channels; ` +
      'turn its colours into ids first',
  );
}

/** Rows of 1, 2 or 4 bits a pixel, first pixel in the highest bits, each row starting a new byte. */
function unpacked(data: ArrayLike<number>, height: number, width: number, depth: number): Int32Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  return Int32Array.from({ length: height * width }, (_, at) => {
    const bit = (at % width) * depth;
    const byte = data[Math.floor(at / width) * rowBytes + (bit >> 3)];
    return (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  });
}
