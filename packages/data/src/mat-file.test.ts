import { describe, expect, it } from 'vitest';
import { matBytes } from '../test/write-mat.js';
import { parseMatArray, readMatArray } from './mat-file.js';

/** [2, 3, 2], counting up row by row. */
const data = Array.from({ length: 12 }, (_, at) => at + 100);

describe('parseMatArray: value', () => {
  it('turns columns into rows, in three dimensions', () => {
    const array = parseMatArray(matBytes({ name: 'img', shape: [2, 3, 2], data }), 'img');
    expect(array).toMatchObject({ name: 'img', kind: 'uint8', shape: [2, 3, 2] });
    expect([...array.data]).toEqual(data);
  });

  it('reads the bytes that the format describes, written out by hand', () => {
    // int32 2x2 [[1, 2], [3, -4]], stored by columns: 1 3 2 -4; name 'gt' within its tag.
    const words = [14, 72 - 8, 6, 8, 12, 0, 5, 8, 2, 2, (2 << 16) | 1, 0x7467, 5, 16, 1, 3, 2, -4];
    const bytes = Buffer.alloc(128 + 4 * words.length);
    bytes.write('IM', 126, 'latin1');
    words.forEach((word, at) => bytes.writeInt32LE(word, 128 + 4 * at));
    const { shape, kind, data: values } = parseMatArray(bytes, 'gt');
    expect([shape, kind, [...values]]).toEqual([[2, 2], 'int32', [1, 2, 3, -4]]);
  });

  it.each([
    ['compressed', { compressed: true }],
    ['big-endian', { big: true }],
    ['of a class that is stored in a smaller type', { kind: 12 }],
    ['stored as doubles', { kind: 6, storage: 9 as const, big: true, compressed: true }],
    ['with a long name', { name: 'segmentation' }],
  ])('reads files %s', (_, fields) => {
    const bytes = matBytes({ name: 'gt', shape: [4, 3], data, ...fields });
    expect([...parseMatArray(bytes, 'name' in fields ? fields.name : 'gt').data]).toEqual(data);
  });
});

describe('parseMatArray: error', () => {
  const bytes = matBytes({ name: 'gt', shape: [4, 3], data });

  it('says what is wrong with a file', () => {
    expect(() => parseMatArray(bytes, 'img')).toThrow("it holds no array 'img', only 'gt'");
    expect(() => parseMatArray(Buffer.from('%HDF'), 'gt')).toThrow(
      'it is no MATLAB file of level 5 (save it with -v6 or -v7)',
    );
    expect(() => parseMatArray(bytes.subarray(0, 190), 'gt')).toThrow(
      'the MATLAB file is cut off: 64 bytes announced, 54 there',
    );
    const packed = matBytes({ name: 'gt', shape: [4, 3], data, compressed: true });
    packed[150] ^= 0xff;
    expect(() => parseMatArray(packed, 'gt')).toThrow(/^its compressed array cannot be unpacked: /);
    expect(() => parseMatArray(matBytes({ name: 'gt', shape: [4, 3], data, kind: 4 }), 'gt')).toThrow(
      "its array 'gt' does not hold real numbers",
    );
  });

  it('names a file that is not there', async () => {
    await expect(readMatArray('none/7.mat', 'gt')).rejects.toThrow(/^none\/7\.mat: ENOENT/);
  });
});
