/**
 * The part of a label PNG that holds its numbers, checked before anything is unpacked.
 *
 * fast-png unpacks whatever the file holds, profiles and texts included, as much as it may be: a file of a megabyte can
 * become a gigabyte. So only the chunks that a picture needs are handed to it, and only once its pixels are known to unpack
 * to the size that the header says [1].
 *
 * [1] Portable Network Graphics, Third Edition, W3C: 5.2 to 5.4 (structure), 7.2 (scanlines), 8.1 (interlacing).
 */
import { inflateSync } from 'node:zlib';
import { decode, type DecodedPng } from 'fast-png';

const SIGNATURE_BYTES = 8;
/** Of a chunk: length and type before its data, CRC behind. */
const [HEAD_BYTES, CRC_BYTES] = [8, 4];
const NEEDED: readonly string[] = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];

/** Samples of a pixel by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Chunk {
  readonly type: string;
  /** Head, data and CRC. */
  readonly bytes: Buffer;
  readonly data: Buffer;
}

/** @throws Error saying what is wrong with the file */
export function decodeLabelPng(file: Buffer): DecodedPng {
  const chunks = [...chunksOf(file)].filter(({ type }) => NEEDED.includes(type));
  if (chunks[0]?.type !== 'IHDR') throw new RangeError('the PNG file does not begin with its header');
  checkUnpackedSize(chunks);
  const needed = [file.subarray(0, SIGNATURE_BYTES), ...chunks.map(({ bytes }) => bytes)];
  return decode(Buffer.concat(needed), { checkCrc: true });
}

function* chunksOf(file: Buffer): Generator<Chunk> {
  for (let at = SIGNATURE_BYTES; at < file.length;) {
    if (at + HEAD_BYTES > file.length) throw new RangeError('the PNG file is cut off');
    const start = at + HEAD_BYTES;
    const end = start + file.readUInt32BE(at) + CRC_BYTES;
    if (end > file.length) throw new RangeError('the PNG file is cut off');
    const type = file.toString('latin1', at + 4, start);
    yield { type, bytes: file.subarray(at, end), data: file.subarray(start, end - CRC_BYTES) };
    if (type === 'IEND') return;
    at = end;
  }
}

function checkUnpackedSize(chunks: readonly Chunk[]): void {
  const header = chunks[0].data;
  const [width, height, depth, colourType] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9]];
  const rowBytes = Math.ceil((width * depth * (CHANNELS[colourType] ?? 4)) / 8) + 1;
  // Interlaced, seven pictures share the pixels: at most twice as many rows, each padded to whole bytes.
  const limit = header[12] === 1 ? 2 * height * (rowBytes + 1) + rowBytes : height * rowBytes;
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  try {
    inflateSync(packed, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    throw new RangeError('its pixels unpack to more than the header says', { cause: error });
  }
}
