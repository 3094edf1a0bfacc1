import { describe, expect, it } from 'vitest';
import { tiffHead, tileCount, type TiledTiff } from './tiff-layout.js';

const TIFF: TiledTiff = {
  height: 600,
  width: 300,
  tileSide: 256,
  samples: 1,
  bitsPerSample: 8,
  photometric: 1,
  geo: { pixelScale: [2, 2, 0], ascii: 'a CRS|' },
  nodata: 255,
};

/** Tag -> [type, values] of a little-endian head, by the tables of the specifications. */
function parsed(head: Buffer): Map<number, readonly [type: number, values: number[]]> {
  const big = head.readUInt16LE(2) === 43;
  const pointer = (at: number) => (big ? Number(head.readBigUInt64LE(at)) : head.readUInt32LE(at));
  const start = pointer(big ? 8 : 4);
  const count = big ? Number(head.readBigUInt64LE(start)) : head.readUInt16LE(start);
  const sizes: Record<number, number> = { 2: 1, 3: 2, 4: 4, 12: 8, 16: 8 };
  const entries = Array.from({ length: count }, (_, index) => {
    const at = start + (big ? 8 + 20 * index : 2 + 12 * index);
    const type = head.readUInt16LE(at + 2);
    const length = pointer(at + 4);
    const place = at + (big ? 12 : 8);
    const from = sizes[type] * length <= (big ? 8 : 4) ? place : pointer(place);
    const values = Array.from({ length }, (_, i) => {
      const here = from + i * sizes[type];
      if (type === 12) return head.readDoubleLE(here);
      return type === 16 ? Number(head.readBigUInt64LE(here)) : head.readUIntLE(here, sizes[type]);
    });
    return [head.readUInt16LE(at), [type, values]] as const;
  });
  return new Map(entries);
}

describe('value', () => {
  it('lays tiles one after another behind the head', () => {
    const head = tiffHead(TIFF, [10, 20, 30, 40, 50, 60]);
    const tags = parsed(head);
    const first = head.length;
    expect(tags.get(324)![1]).toEqual([first, first + 10, first + 30, first + 60, first + 100, first + 150]);
    expect(tags.get(325)![1]).toEqual([10, 20, 30, 40, 50, 60]);
    expect(tags.get(33550)![1]).toEqual([2, 2, 0]);
    expect(String.fromCharCode(...tags.get(34737)![1])).toBe('a CRS|\0');
    expect(String.fromCharCode(...tags.get(42113)![1])).toBe('255\0');
    expect([...tags.keys()]).toEqual([...tags.keys()].sort((a, b) => a - b));
  });

  it('is BigTIFF where offsets pass 4 GiB', () => {
    const lengths = Array.from({ length: tileCount(TIFF) }, () => 2 ** 30);
    const head = tiffHead(TIFF, lengths);
    expect(head.readUInt16LE(2)).toBe(43);
    const [type, offsets] = parsed(head).get(324)!;
    expect(type).toBe(16);
    expect(offsets[5]).toBe(head.length + 5 * 2 ** 30);
  });
});

describe('error', () => {
  it('wants a length for each tile', () => {
    expect(() => tiffHead(TIFF, [1])).toThrow('tiffHead: 6 tiles need as many lengths, got 1');
  });
});
