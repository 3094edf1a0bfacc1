/**
 * PNG files of indices: 8-bit with a palette of our own and transparency anywhere in it, or 16-bit grey.
 *
 * Written here because a mask's pixel values must be cluster ids: sharp quantises to a palette of its own choice, and
 * fast-png 8.0.0 writes the transparency of palette entry i for another entry unless all transparent ones come first.
 * Format: PNG specification (third edition, W3C), chunks IHDR, PLTE, tRNS, IDAT, IEND; filter 0, which suits indices. Deflating
 * is done on a thread of its own, beside what the caller goes on with.
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { Rgb } from './colour-vision.js';

export interface PaletteImage {
  readonly shape: readonly [height: number, width: number];
  /** [H * W] index into `palette`. */
  readonly data: Uint8Array;
  /** At most 256 colours. */
  readonly palette: readonly Rgb[];
  /** The index that is fully transparent, if any. */
  readonly transparent?: number;
}

export interface GreyImage {
  readonly shape: readonly [height: number, width: number];
  /** [H * W] */
  readonly data: Uint16Array;
}

const deflated = promisify<Uint8Array, Buffer>(deflate);

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const GREY = 0;
const INDEXED = 3;

export async function encodePalettePng({ shape, data, palette, transparent }: PaletteImage): Promise<Uint8Array> {
  const [, width] = shape;
  const chunks = [header(shape, 8, INDEXED), chunk('PLTE', Uint8Array.from(palette.flat()))];
  if (transparent !== undefined) {
    const alpha = new Uint8Array(transparent + 1).fill(255);
    alpha[transparent] = 0;
    chunks.push(chunk('tRNS', alpha));
  }
  return assemble([...chunks, await pixels(data, width)]);
}

export async function encodeGrey16Png({ shape, data }: GreyImage): Promise<Uint8Array> {
  const [, width] = shape;
  const bytes = new Uint8Array(2 * data.length);
  const view = new DataView(bytes.buffer);
  data.forEach((value, i) => view.setUint16(2 * i, value)); // PNG is big-endian
  return assemble([header(shape, 16, GREY), await pixels(bytes, 2 * width)]);
}

function header([height, width]: readonly [number, number], depth: number, colourType: number): Uint8Array {
  const content = new Uint8Array(13);
  const view = new DataView(content.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  content.set([depth, colourType], 8); // then deflate, adaptive filters, no interlace: all 0
  return chunk('IHDR', content);
}

/** Rows of `stride` bytes, each led by its filter type 0. */
async function pixels(data: Uint8Array, stride: number): Promise<Uint8Array> {
  const height = data.length / stride;
  const lines = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row++)
    lines.set(data.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  return chunk('IDAT', await deflated(lines));
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

function assemble(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat([Uint8Array.from(SIGNATURE), ...chunks, chunk('IEND', new Uint8Array(0))]));
}

/** CRC-32 of the PNG specification; node:zlib has it only from Node 20.15 on. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});
