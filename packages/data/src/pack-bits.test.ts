import { describe, expect, it } from 'vitest';
import { unpackBits } from '../child/pack-bits.mjs';

describe('unpackBits: value', () => {
  it("unpacks Apple's example, which the TIFF specification refers to", () => {
    const packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
    const run = (length: number) => Array.from({ length }, () => 0xaa);
    const expected = [...run(3), 0x80, 0, 0x2a, ...run(4), 0x80, 0, 0x2a, 0x22, ...run(10)];
    expect([...unpackBits(Uint8Array.from(packed))]).toEqual(expected);
  });

  it('passes over the code that means nothing, and ends where the bytes do', () => {
    expect([...unpackBits(Uint8Array.of(128, 0, 7, 128, 255, 9))]).toEqual([7, 9, 9]);
    expect([...unpackBits(Uint8Array.of(5, 1, 2))]).toEqual([1, 2]);
  });
});
