/**
 * The safetensors format: named float32 tensors in one file that holds no code [1].
 *
 *   8 bytes: length of the header, little-endian | header: JSON | data, tensor after tensor
 *
 * [1] https://github.com/huggingface/safetensors (format, version 0.x: dtypes F32 and, when read, F16)
 */

import { fromFloat16 } from './float16.js';

/** One tensor: its shape and its values in row-major order. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, NamedArray>>;
  /** Free strings beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const LENGTH_BYTES = 8;
/** No network of ours comes near; a larger one means that the file is something else. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/** @returns the bytes of the file; the header is padded to a multiple of 8 so that the data is aligned */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  const header: Record<string, HeaderEntry | Record<string, string>> = { __metadata__: { ...metadata } };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes).set(json, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { data } of Object.values(tensors)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

/**
 * @param bytes - the whole file's
 * @throws RangeError when the bytes are not a whole safetensors file of float32 or float16 tensors
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  // A Buffer's slice() would share memory with its pool where a Uint8Array's copies.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length < LENGTH_BYTES) throw fault(`a file of at least ${LENGTH_BYTES} bytes`, `${file.length} bytes`);
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (headerBytes > Math.min(MAX_HEADER_BYTES, file.length - LENGTH_BYTES)) {
    throw fault('a header within the file', `a header of ${headerBytes} bytes in a file of ${file.length}`);
  }
  const dataStart = LENGTH_BYTES + headerBytes;
  const { __metadata__: metadata = {}, ...entries } = parseHeader(file.subarray(LENGTH_BYTES, dataStart));
  const data = file.subarray(dataStart);
  const spans = Object.entries(entries).map(([name, entry]) => spanOf(name, entry as HeaderEntry, data.length));
  checkTiling(spans, data.length);
  // fromEntries: a tensor named __proto__ becomes a property like any other.
  const tensors = Object.fromEntries(
    spans.map((span) => [span.name, { shape: span.shape, data: valuesOf(span, data) }]),
  );
  return { tensors, metadata: checkedMetadata(metadata) };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fault('a header of JSON', 'bytes that are not');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw fault('a header that is a JSON object', JSON.stringify(header).slice(0, 40));
  }
  return header as Record<string, unknown>;
}

interface Span {
  readonly name: string;
  readonly dtype: 'F32' | 'F16';
  readonly shape: readonly number[];
  /** Bytes of the data. */
  readonly start: number;
  readonly end: number;
}

function spanOf(name: string, entry: HeaderEntry | null, length: number): Span {
  const { dtype, shape, data_offsets: offsets } = entry ?? ({} as Partial<HeaderEntry>);
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if ((dtype !== 'F32' && dtype !== 'F16') || !Array.isArray(shape) || !shape.every(isCount)) {
    throw fault(`tensor ${name} of dtype F32 or F16 with a shape`, `dtype ${dtype}, shape ${JSON.stringify(shape)}`);
  }
  const [start, end] = Array.isArray(offsets) ? offsets : [-1, -1];
  const bytes = (dtype === 'F16' ? 2 : 4) * shape.reduce((product: number, size: number) => product * size, 1);
  if (!isCount(start) || end - start !== bytes || end > length) {
    throw fault(`${bytes} bytes of tensor ${name} within ${length}`, `offsets ${JSON.stringify(offsets)}`);
  }
  return { name, dtype, shape: shape as number[], start, end };
}

function valuesOf({ dtype, start, end }: Span, data: Uint8Array): Float32Array {
  const { buffer } = data.slice(start, end);
  return dtype === 'F16' ? fromFloat16(new Uint16Array(buffer)) : new Float32Array(buffer);
}

/** The format wants the data covered without holes or overlaps: a small file can't become many large tensors. */
function checkTiling(spans: readonly Span[], length: number): void {
  let end = 0;
  for (const { name, start, end: next } of spans.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== end) throw fault(`tensor ${name} to start at byte ${end} of the data`, `offset ${start}`);
    end = next;
  }
  if (end !== length) throw fault(`tensors that cover ${length} bytes of data`, `${end}`);
}

function checkedMetadata(metadata: unknown): Record<string, string> {
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (typeof metadata === 'object' && metadata !== null && Object.values(metadata).every(isText)) {
    return Object.fromEntries(Object.entries(metadata));
  }
  throw fault('metadata of strings', JSON.stringify(metadata).slice(0, 40));
}

function fault(rule: string, got: string): RangeError {
  return new RangeError(`decodeSafetensors: expected ${rule}, got ${got}`);
}
