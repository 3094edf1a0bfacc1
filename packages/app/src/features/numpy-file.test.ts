import { describe, expect, it } from 'vitest';
import { decodeNumpy } from './numpy-file.js';

/** What numpy.save writes (version 1.0): the header is padded to a multiple of 64 with blanks and a line feed. */
function numpyFile(header: string, data: Uint8Array): Uint8Array {
  const padded = `${header.padEnd(128 - 10 - 1)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  return new Uint8Array(Buffer.concat([start, Buffer.from(padded), data]));
}

const header = (type: string, shape: string, order = 'False') =>
  `{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe('value', () => {
  it('reads float32', () => {
    const data = Float32Array.of(1.5, -2, 0.25, 1e30, 0, 7);
    const file = numpyFile(header('<f4', '(1, 2, 3)'), new Uint8Array(data.buffer));
    expect(decodeNumpy(file)).toEqual({ shape: [1, 2, 3], data });
  });

  it('reads float16: normal, subnormal, infinite', () => {
    // 1, -2, 65504 (the largest), 2^-24 (the smallest above 0), infinity, 0.333251953125
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x3555);
    const file = numpyFile(header('<f2', '(6,)'), new Uint8Array(bits.buffer));
    const expected = Float32Array.of(1, -2, 65504, 2 ** -24, Infinity, 0.333251953125);
    expect(decodeNumpy(file)).toEqual({ shape: [6], data: expected });
  });

  it('reads an array that lies within a larger buffer', () => {
    const file = numpyFile(header('<f4', '(1,)'), new Uint8Array(Float32Array.of(3).buffer));
    const within = new Uint8Array(file.length + 3);
    within.set(file, 3);
    expect(decodeNumpy(within.subarray(3)).data).toEqual(Float32Array.of(3));
  });
});

describe('value: as files are read', () => {
  it('reads a Buffer, which may lie within a pool', () => {
    const file = numpyFile(header('<f4', '(2,)'), new Uint8Array(Float32Array.of(3, 4).buffer));
    expect(decodeNumpy(Buffer.from(file))).toEqual({ shape: [2], data: Float32Array.of(3, 4) });
  });
});

describe('error', () => {
  const eight = new Uint8Array(8);
  it.each([
    [new Uint8Array(20), 'decodeNumpy: expected a file that begins with \\x93NUMPY'],
    [numpyFile(header('<f8', '(1,)'), eight), "expected float16 or float32 ('<f2', '<f4'), got <f8"],
    [numpyFile(header('<f4', '(2,)', 'True'), eight), 'expected row-major data, got fortran_order'],
    [numpyFile(header('<f4', '(3,)'), eight), 'expected 12 bytes of data for shape (3), got 8'],
  ])('tells what is wrong with a file', (file, message) => {
    expect(() => decodeNumpy(file)).toThrow(message);
  });
});
