/**
 * Numeric arrays from MATLAB files of level 5 (`save -v6`, `-v7`, `scipy.io.savemat`).
 *
 * Own code, about a page, because the one reader on npm is under the GPL. Arrays of numbers only: no cells, structures,
 * characters, sparse or complex ones.
 *
 * A file is a 128 byte header and a list of elements (type, length, bytes). An array is an element of type 14 that holds
 * flags, dimensions, name and numbers, or one of type 15, its zlib stream. Numbers may be stored in a smaller type than the
 * array's class, and lie column by column: the first index changes fastest [1].
 *
 * [1] MAT-File Format, The MathWorks: level 5.
 */
import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { UnreadableImageError } from './dataset.js';

/** An array as a picture is stored elsewhere: the last index changes fastest. */
export interface MatArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** MATLAB's name of its class: 'uint8', 'int32', 'double', ... */
  readonly kind: string;
  /** Row-major. */
  readonly data: Float64Array;
}

interface Element {
  readonly type: number;
  readonly bytes: Buffer;
}

const MATRIX = 14;
const COMPRESSED = 15;
const BYTES = 2;

/** Bytes that a compressed array may unpack to: its numbers become float64, up to eight times as large. */
const LARGEST_ARRAY = 2 ** 26;

/** Array classes 6 to 15. */
const KINDS = ['double', 'single', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'];

/** Bytes of a number, and how to read one, by storage type. */
const NUMBERS: Readonly<
  Record<number, readonly [size: number, read: (bytes: Buffer, at: number, little: boolean) => number]>
> = {
  1: [1, (bytes, at) => bytes.readInt8(at)],
  2: [1, (bytes, at) => bytes[at]],
  3: [2, (bytes, at, little) => (little ? bytes.readInt16LE(at) : bytes.readInt16BE(at))],
  4: [2, (bytes, at, little) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))],
  5: [4, (bytes, at, little) => (little ? bytes.readInt32LE(at) : bytes.readInt32BE(at))],
  6: [4, (bytes, at, little) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))],
  7: [4, (bytes, at, little) => (little ? bytes.readFloatLE(at) : bytes.readFloatBE(at))],
  9: [8, (bytes, at, little) => (little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at))],
  12: [8, (bytes, at, little) => Number(little ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at))],
  13: [8, (bytes, at, little) => Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))],
};

/**
 * Reads one array of a file by its name.
 *
 * @throws UnreadableImageError when the file is missing, cut off, of another level, or holds no such array of real numbers
 * @example
 * const { shape, data } = await readMatArray('gt/12.mat', 'gt'); // shape [200, 200], data row by row
 */
export async function readMatArray(file: string, name: string): Promise<MatArray> {
  try {
    return parseMatArray(await readFile(file), name);
  } catch (error) {
    throw new UnreadableImageError(file, (error as Error).message);
  }
}

/** @throws RangeError saying what is wrong with the bytes */
export function parseMatArray(bytes: Buffer, name: string): MatArray {
  const mark = bytes.toString('latin1', 126, 128);
  if (mark !== 'IM' && mark !== 'MI') throw new RangeError('it is no MATLAB file of level 5 (save it with -v6 or -v7)');
  const little = mark === 'IM';
  const found: string[] = [];
  for (const element of elements(bytes.subarray(128), little)) {
    const [matrix] = element.type === COMPRESSED ? [...elements(inflated(element.bytes), little)] : [element];
    if (matrix?.type !== MATRIX) continue;
    const parts = [...elements(matrix.bytes, little)];
    const arrayName = parts[2]?.bytes.toString('latin1') ?? '';
    if (arrayName === name) return arrayOf(parts, name, little);
    found.push(arrayName);
  }
  throw new RangeError(`it holds no array '${name}', only ${found.map((other) => `'${other}'`).join(', ') || 'none'}`);
}

/** Elements are padded to 8 bytes, but for compressed ones; up to 4 bytes of data fit into the tag itself. */
function* elements(bytes: Buffer, little: boolean): Generator<Element> {
  const word = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  for (let at = 0; at + 8 <= bytes.length;) {
    const small = word(at) >>> 16;
    const type = small > 0 ? word(at) & 0xffff : word(at);
    const [start, length] = small > 0 ? [at + 4, small] : [at + 8, word(at + 4)];
    if (start + length > bytes.length) {
      throw new RangeError(`the MATLAB file is cut off: ${length} bytes announced, ${bytes.length - start} there`);
    }
    yield { type, bytes: bytes.subarray(start, start + length) };
    at = small > 0 ? at + 8 : start + (type === COMPRESSED ? length : Math.ceil(length / 8) * 8);
  }
}

function inflated(bytes: Buffer): Buffer {
  try {
    return inflateSync(bytes, { maxOutputLength: LARGEST_ARRAY });
  } catch (error) {
    throw new RangeError(`its compressed array cannot be unpacked: ${(error as Error).message}`);
  }
}

function arrayOf([flags, dimensions, , numbers]: readonly Element[], name: string, little: boolean): MatArray {
  const kind = KINDS[flags.bytes[little ? 0 : 3] - 6];
  const isComplex = (flags.bytes[little ? 1 : 2] & 8) > 0;
  const storage = NUMBERS[numbers?.type];
  if (kind === undefined || isComplex || !storage)
    throw new RangeError(`its array '${name}' does not hold real numbers`);
  const shape = Array.from(numbersOf(dimensions, NUMBERS[5], little));
  const stored = numbersOf(numbers, storage, little);
  const length = shape.reduce((product, side) => product * side, 1);
  if (stored.length !== length) {
    throw new RangeError(`its array '${name}' of ${shape.join('x')} holds ${stored.length} numbers`);
  }
  return { name, shape, kind, data: rowMajor(stored, shape) };
}

function numbersOf(element: Element, [size, read]: (typeof NUMBERS)[number], little: boolean): ArrayLike<number> {
  const { type, bytes } = element;
  if (type === BYTES) return bytes;
  return Float64Array.from({ length: bytes.length / size }, (_, index) => read(bytes, index * size, little));
}

/** First index fastest -> last index fastest. */
function rowMajor(stored: ArrayLike<number>, shape: readonly number[]): Float64Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const data = new Float64Array(stored.length);
  const index = shape.map(() => 0);
  for (let at = 0, place = 0; at < stored.length; at++) {
    data[place] = stored[at];
    for (let axis = 0; axis < shape.length; axis++) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return data;
}
