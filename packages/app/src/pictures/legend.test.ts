import type { RasterImage } from '@autoregseg/data';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { legendEntries, legendSvg } from './legend.js';
import { patchSheet } from './patch-sheet.js';
import { samplePatches, type SegmentedImage } from './patches.js';

/** 32 x 48: value = cluster / 10; cluster 1 fills the left third, cluster 2 one pixel, cluster 0 the rest. */
const example: SegmentedImage = (() => {
  const prediction = Int32Array.from({ length: 32 * 48 }, (_, pixel) => (pixel % 48 < 16 ? 1 : 0));
  prediction[5 * 48 + 40] = 2;
  return { image: { shape: [32, 48, 1], data: Float32Array.from(prediction, (id) => id / 10) }, prediction };
})();
const meanOf = ({ data }: RasterImage) => data.reduce((sum, value) => sum + value, 0) / data.length;

describe('sample patches: value', () => {
  it('come from where the cluster covers the window, whole ones first', () => {
    const patches = samplePatches([example], 1, { size: 8 });
    expect(patches.map(({ shape }) => shape)).toEqual(Array.from({ length: 9 }, () => [8, 8, 1]));
    for (const patch of patches) expect(meanOf(patch)).toBeCloseTo(0.1, 6);
  });

  it('lie apart where there is room, and half over one another where there is not', () => {
    const places = (count: number) => {
      const numbered = {
        ...example,
        image: { ...example.image, data: Float32Array.from({ length: 32 * 48 }, (_, i) => i) },
      };
      const corners = samplePatches([numbered], 1, { count, size: 8 }).map(({ data }) => data[0]);
      return corners.map((at) => [Math.floor(at / 48), at % 48]);
    };
    const distances = (corners: number[][]) =>
      corners.flatMap(([r, c], i) => corners.slice(0, i).map(([q, d]) => Math.max(Math.abs(r - q), Math.abs(c - d))));
    expect(Math.min(...distances(places(3)))).toBeGreaterThanOrEqual(8);
    expect(Math.min(...distances(places(9)))).toBe(4);
  });

  it('are the same again', () => {
    const twice = [samplePatches([example], 0, { size: 8 }), samplePatches([example], 0, { size: 8 })];
    expect(twice[0]).toEqual(twice[1]);
    expect(twice[0]).toHaveLength(9);
  });

  it('show a rare cluster by what there is of it, and an unused one by nothing', () => {
    const [rare] = samplePatches([example], 2, { size: 8 });
    expect(Math.max(...rare.data)).toBeCloseTo(0.2, 6);
    expect(samplePatches([example], 3)).toEqual([]);
    expect(samplePatches([], 0)).toEqual([]);
  });

  it('are taken from several images before a second one of the same', () => {
    const other = { ...example, image: { ...example.image, data: example.image.data.map(() => 0.7) } };
    const [a, b] = samplePatches([example, other], 1, { count: 2, size: 8 }).map(meanOf);
    expect([a, b].map((mean) => Math.round(mean * 10)).sort()).toEqual([1, 7]);
  });

  it('shrink to images that are smaller', () => {
    const tiny: SegmentedImage = {
      image: { shape: [2, 3, 1], data: new Float32Array(6) },
      prediction: new Int32Array(6),
    };
    expect(samplePatches([tiny], 0, { count: 1, size: 8 })[0].shape).toEqual([2, 2, 1]);
  });
});

describe('sample patches: error', () => {
  it('refuses counts and sizes that are no positive integers', () => {
    expect(() => samplePatches([], 0, { count: 0 })).toThrow('samplePatches: count must be a positive integer, got 0');
    expect(() => samplePatches([], 0, { size: 1.5 })).toThrow(
      'samplePatches: size must be a positive integer, got 1.5',
    );
  });
});

describe('legend: value', () => {
  const patches = samplePatches([example], 1);

  it('frames nine places in the colour of the cluster', async () => {
    const sheet = await patchSheet(patches, { cluster: 0, side: 20 });
    const { data, info } = await sharp(sheet.jpeg).raw().toBuffer({ resolveWithObject: true });
    expect([sheet.width, sheet.height, info.width, info.height]).toEqual([76, 76, 76, 76]);
    // JPEG moves the colour #e69f00 of the corner by a few levels.
    expect(Math.max(...[230, 159, 0].map((channel, c) => Math.abs(channel - data[c])))).toBeLessThan(16);
  });

  it('lists id, colour, name and share', () => {
    expect(legendEntries([{ id: 1, name: 'road', share: 0.25, patches }])).toEqual([
      { cluster: 1, color: '#56b4e9', name: 'road', share: 0.25 },
    ]);
  });

  it('is an SVG picture that loads nothing, with names escaped and shortened', async () => {
    const svg = await legendSvg([
      { id: 0, name: '<b>&', share: 0.5, patches },
      { id: 1, name: 'a name that is much longer than its card', share: 0.5, patches: [] },
    ]);
    expect(svg).toContain('0 · &#60;b&#62;&#38;');
    expect(svg).toContain('1 · a name that is much…');
    expect(svg.match(/href="(?!data:image\/jpeg;base64,)/g)).toBeNull();
    const { width, height } = await sharp(Buffer.from(svg)).metadata();
    expect([width, height]).toEqual([512, 316]);
  });
});
