/**
 * A decoded image as bytes, and back to exactly the same numbers.
 *
 * Values that are all n / 255 take one byte, n / 65535 two, others the four of a float. Which of them, the values decide:
 * nothing is rounded.
 */
import type { ImageWindow, Sample } from './dataset.js';

/** 1, 2 or 4: bytes of a value. */
export type ValueBytes = 1 | 2 | 4;

export interface PackedSample {
  readonly shape: Sample['image']['shape'];
  readonly valueBytes: ValueBytes;
  readonly hasValid: boolean;
  /** Values, then the mask where there is one. */
  readonly bytes: Uint8Array;
}

const LEVELS = { 1: levels(255), 2: levels(65535) };

/** The image and its mask; a label stays behind. */
export function packSample({ image, valid }: Pick<Sample, 'image' | 'valid'>): PackedSample {
  const values = asLevels(image.data, 1) ?? asLevels(image.data, 2) ?? image.data;
  const valueBytes = values.BYTES_PER_ELEMENT as ValueBytes;
  const bytes = new Uint8Array(values.byteLength + (valid?.length ?? 0));
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  if (valid) bytes.set(valid, values.byteLength);
  return { shape: image.shape, valueBytes, hasValid: valid !== undefined, bytes };
}

export function unpackSample({ shape, valueBytes, hasValid, bytes }: PackedSample): Pick<Sample, 'image' | 'valid'> {
  const [height, width, channels] = shape;
  const length = height * width * channels;
  // Copies of their own: bytes of a larger buffer may start at an odd place, and a Buffer's slice is none.
  const values = new Uint8Array(bytes.subarray(0, length * valueBytes));
  const valid = hasValid ? new Uint8Array(bytes.subarray(length * valueBytes)) : undefined;
  return { image: { shape, data: fromLevels(values, valueBytes) }, ...(valid && { valid }) };
}

/** Whole rows of a packed image, from `top` on. */
export interface PackedRows extends PackedSample {
  readonly top: number;
}

/** The window of a packed image, given the rows that it lies in: no more is unpacked than is wanted. */
export function unpackWindow(rows: PackedRows, { corner: [top, left], size: [height, width] }: ImageWindow) {
  const { shape, valueBytes, hasValid, bytes } = rows;
  const [count, columns, channels] = shape;
  const pixel = channels * valueBytes;
  const packed = new Uint8Array(height * width * (pixel + (hasValid ? 1 : 0)));
  for (let row = 0; row < height; row++) {
    const from = (top - rows.top + row) * columns + left;
    packed.set(bytes.subarray(from * pixel, (from + width) * pixel), row * width * pixel);
    if (!hasValid) continue;
    const mask = count * columns * pixel + from;
    packed.set(bytes.subarray(mask, mask + width), height * width * pixel + row * width);
  }
  return unpackSample({ shape: [height, width, channels], valueBytes, hasValid, bytes: packed });
}

/** What `packSample` makes of an image of this form takes this many bytes. */
export function packedBytes({ shape, valueBytes, hasValid }: Omit<PackedSample, 'bytes'>): number {
  const pixels = shape[0] * shape[1];
  return pixels * shape[2] * valueBytes + (hasValid ? pixels : 0);
}

function levels(most: number): Float32Array {
  return Float32Array.from({ length: most + 1 }, (_, level) => level / most);
}

/** undefined where a value is none of the levels. */
function asLevels(values: Float32Array, bytes: 1 | 2): Uint8Array | Uint16Array | undefined {
  const table = LEVELS[bytes];
  const most = table.length - 1;
  const packed = bytes === 1 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const level = Math.round(values[at] * most);
    if (table[level] !== values[at]) return undefined;
    packed[at] = level;
  }
  return packed;
}

function fromLevels(bytes: Uint8Array, valueBytes: ValueBytes): Float32Array {
  if (valueBytes === 4) return new Float32Array(bytes.buffer);
  const packed = valueBytes === 1 ? bytes : new Uint16Array(bytes.buffer);
  const table = LEVELS[valueBytes];
  const values = new Float32Array(packed.length);
  for (let at = 0; at < packed.length; at++) values[at] = table[packed[at]];
  return values;
}
