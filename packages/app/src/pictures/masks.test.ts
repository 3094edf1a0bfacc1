import { decode } from 'fast-png';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bordersOf, NOT_VALID, onlyValid, resizeClusterMap, type ClusterMap } from './cluster-map.js';
import { indexMaskPng } from './masks.js';
import { paletteRgb } from './palette.js';

const map: ClusterMap = { shape: [2, 3], data: Int32Array.of(0, 1, 2, 2, NOT_VALID, 0) };

describe('index mask: value', () => {
  it('has the cluster ids as pixel values and the palette of the run, by an independent decoder', async () => {
    const png = decode(await indexMaskPng(map, { clusters: 3 }));
    expect([png.height, png.width, png.depth, png.channels]).toEqual([2, 3, 8, 1]);
    expect([...png.data]).toEqual([0, 1, 2, 2, 255, 0]);
    expect(png.palette?.length).toBe(256);
    expect(png.palette?.slice(0, 3).map((colour) => colour.slice(0, 3))).toEqual(paletteRgb(3));
  });

  it('shows the colours, and not-valid pixels as transparent, to a viewer', async () => {
    const { data, info } = await sharp(await indexMaskPng(map, { clusters: 3 }))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixel = (i: number) => [...data.subarray(i * info.channels, (i + 1) * info.channels)];
    const [first, , third] = paletteRgb(3);
    expect([pixel(0), pixel(2), pixel(4)[3]]).toEqual([[...first, 255], [...third, 255], 0]);
  });

  it('keeps all 255 ids of 255 clusters', async () => {
    const data = Int32Array.from({ length: 256 }, (_, i) => (i < 255 ? i : NOT_VALID));
    const png = decode(await indexMaskPng({ shape: [16, 16], data }, { clusters: 255 }));
    expect([...png.data]).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });

  it('is 16-bit grey with 65535 for not valid when there are more than 255 clusters', async () => {
    const data = Int32Array.of(0, 255, 256, 999, NOT_VALID, 1);
    const png = decode(await indexMaskPng({ shape: [3, 2], data }, { clusters: 1000 }));
    expect([png.height, png.width, png.depth, png.channels]).toEqual([3, 2, 16, 1]);
    expect([...png.data]).toEqual([0, 255, 256, 999, 65535, 1]);
  });

  it('takes a palette of its own, for ground truth', async () => {
    const png = decode(
      await indexMaskPng({ shape: [1, 1], data: Int32Array.of(0) }, { clusters: 1, palette: [[1, 2, 3]] }),
    );
    expect(png.palette?.[0].slice(0, 3)).toEqual([1, 2, 3]);
  });
});

describe('cluster map: value', () => {
  it('takes out pixels that are not valid', () => {
    expect([...onlyValid(map, Uint8Array.of(1, 0, 1, 1, 1, 0)).data]).toEqual([0, -1, 2, 2, -1, -1]);
    expect(onlyValid(map, undefined)).toBe(map);
  });

  it('grows and shrinks by the nearest pixel', () => {
    const grown = resizeClusterMap(map, [4, 6]);
    expect([...grown.data.subarray(0, 12)]).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
    expect(resizeClusterMap(grown, [2, 3])).toEqual(map);
    expect(resizeClusterMap(map, [2, 3])).toBe(map);
  });

  it('finds the pixels where clusters meet, as thick as asked', () => {
    const row: ClusterMap = { shape: [1, 6], data: Int32Array.of(4, 4, 4, 7, 7, 7) };
    expect([...bordersOf(row).data]).toEqual([-1, -1, 4, 7, -1, -1]);
    expect([...bordersOf(row, { thickness: 2 }).data]).toEqual([-1, 4, 4, 7, 7, -1]);
    const column: ClusterMap = { shape: [3, 1], data: Int32Array.of(1, 1, 2) };
    expect([...bordersOf(column).data]).toEqual([-1, 1, 2]);
  });
});

describe('index mask: error', () => {
  it('refuses ids that are no clusters, data of another size and impossible numbers of clusters', async () => {
    await expect(indexMaskPng(map, { clusters: 2 })).rejects.toThrow(
      'indexMaskPng: ids must be below the number of clusters 2, or -1 for not valid, got 2',
    );
    await expect(indexMaskPng({ shape: [2, 2], data: map.data }, { clusters: 3 })).rejects.toThrow(
      'indexMaskPng: 2 x 2 pixels were promised, got 6 ids',
    );
    await expect(indexMaskPng(map, { clusters: 0 })).rejects.toThrow(
      'indexMaskPng: the number of clusters must be in 1..65535, got 0',
    );
  });
});
