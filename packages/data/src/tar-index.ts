/**
 * Where the files of a tar archive lie in it, found by its headers alone: nothing is unpacked, data is passed over.
 *
 * POSIX ustar with the extensions that writers use: GNU's long names (type L), pax's path and size (type x), sizes beyond
 * 8 GiB in base 256. A library would read all data to list the names, and shards are large.
 */
import { closeSync, openSync, readSync, fstatSync } from 'node:fs';

export interface TarEntry {
  readonly name: string;
  /** Of the first byte of its data. */
  readonly offset: number;
  readonly size: number;
}

const BLOCK = 512;

/**
 * @returns regular files, in their order
 * @throws RangeError when it is no tar archive, is packed, or is cut off
 */
export function readTarIndex(file: string): TarEntry[] {
  const descriptor = openSync(file, 'r');
  try {
    return entriesOf(file, descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function entriesOf(file: string, descriptor: number, length: number): TarEntry[] {
  const bytesAt = (position: number, size: number) => {
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, size, position));
  };
  const entries: TarEntry[] = [];
  let [longName, longSize]: [string | undefined, number | undefined] = [undefined, undefined];
  for (let at = 0; at + BLOCK <= length;) {
    const header = bytesAt(at, BLOCK);
    // Two empty blocks end an archive.
    if (header.every((byte) => byte === 0)) break;
    checkHeader(file, header, at);
    const type = String.fromCharCode(header[156]);
    const size = longSize ?? numberOf(header.subarray(124, 136));
    const offset = at + BLOCK;
    // A size below zero would lead back, and to the same header for ever.
    if (!(Number.isSafeInteger(size) && size >= 0)) {
      throw new RangeError(`tar archive '${file}' is damaged at byte ${at}: it says a size of ${size}`);
    }
    if (offset + size > length) {
      throw new RangeError(
        `tar archive '${file}' is cut off: '${longName ?? nameIn(header)}' needs ${offset + size} bytes of ${length}`,
      );
    }
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'L') longName = textOf(bytesAt(offset, size));
    else if (type === 'x') ({ path: longName = longName, size: longSize } = paxOf(bytesAt(offset, size)));
    else if (type !== 'g') {
      if (type === '0' || type === '\0') entries.push({ name: longName ?? nameIn(header), offset, size });
      [longName, longSize] = [undefined, undefined];
    }
  }
  return entries;
}

/** The sum of a header's bytes, its own field taken as blanks. */
function checkHeader(file: string, header: Buffer, at: number): void {
  const sum = header.reduce((total, byte, place) => total + (place >= 148 && place < 156 ? 32 : byte), 0);
  if (sum === numberOf(header.subarray(148, 156))) return;
  const packed = header[0] === 0x1f && header[1] === 0x8b;
  throw new RangeError(
    at > 0
      ? `tar archive '${file}' is damaged at byte ${at}`
      : `'${file}' is no tar archive${packed ? ': it is packed by gzip, unpack it (gunzip)' : ''}`,
  );
}

/** Octal digits, or a number in base 256 where the first bit is set. */
function numberOf(field: Buffer): number {
  if ((field[0] & 0x80) === 0) return Number.parseInt(textOf(field).trim() || '0', 8);
  return field.subarray(1).reduce((total, byte) => total * 256 + byte, field[0] & 0x7f);
}

function nameIn(header: Buffer): string {
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? textOf(header.subarray(345, 500)) : '';
  const name = textOf(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Lines of "length key=value". */
function paxOf(bytes: Buffer): { path?: string; size?: number } {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 20), 10);
    if (!(length > 0)) break;
    const [, key, value] = /^\d+ ([^=]+)=([^]*)\n$/.exec(bytes.toString('utf8', at, at + length)) ?? [];
    if (key !== undefined) records.set(key, value);
    at += length;
  }
  const size = records.get('size');
  return { path: records.get('path'), ...(size !== undefined && { size: Number(size) }) };
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}
