/** MATLAB files of level 5 with one array, for tests: as scipy.io.savemat and MATLAB lay them out. */
import { deflateSync } from 'node:zlib';

export interface MatFields {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: ArrayLike<number>;
  /** Class 9 = uint8, 12 = int32, 6 = double. */
  readonly kind?: number;
  /** Storage type of the numbers: 2 = uint8, 5 = int32, 9 = double. */
  readonly storage?: 2 | 5 | 9;
  readonly compressed?: boolean;
  readonly big?: boolean;
}

const SIZES = { 2: 1, 5: 4, 9: 8 };

export function matBytes(fields: MatFields): Buffer {
  const { name, shape, data, kind = 9, storage = 2, compressed = false, big = false } = fields;
  const words = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, at) => (big ? bytes.writeInt32BE(value, 4 * at) : bytes.writeInt32LE(value, 4 * at)));
    return bytes;
  };
  const element = (type: number, bytes: Buffer) =>
    Buffer.concat([words(type, bytes.length), bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
  // Up to four bytes fit into the tag, as savemat writes short names.
  const small = (type: number, bytes: Buffer) =>
    Buffer.concat([words((bytes.length << 16) | type), bytes, Buffer.alloc(4 - bytes.length)]);
  const text = Buffer.from(name);
  const matrix = Buffer.concat([
    element(6, words(kind, 0)),
    element(5, words(...shape)),
    text.length <= 4 ? small(1, text) : element(1, text),
    element(storage, numbers(columnMajor(data, shape), storage, big)),
  ]);
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, for a test');
  if (big) header.set([1, 0, 0x4d, 0x49], 124);
  else header.set([0, 1, 0x49, 0x4d], 124);
  if (!compressed) return Buffer.concat([header, element(14, matrix)]);
  const packed = deflateSync(element(14, matrix));
  return Buffer.concat([header, words(15, packed.length), packed]);
}

function columnMajor(data: ArrayLike<number>, shape: readonly number[]): number[] {
  const [height, width, channels = 1] = shape;
  const columns: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let col = 0; col < width; col++) {
      for (let row = 0; row < height; row++) columns.push(data[(row * width + col) * channels + channel]);
    }
  }
  return columns;
}

function numbers(values: readonly number[], storage: 2 | 5 | 9, big: boolean): Buffer {
  const bytes = Buffer.alloc(SIZES[storage] * values.length);
  values.forEach((value, at) => {
    if (storage === 2) bytes[at] = value;
    else if (storage === 5) bytes[big ? 'writeInt32BE' : 'writeInt32LE'](value, 4 * at);
    else bytes[big ? 'writeDoubleBE' : 'writeDoubleLE'](value, 8 * at);
  });
  return bytes;
}
