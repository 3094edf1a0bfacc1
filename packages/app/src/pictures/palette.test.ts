import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { COLOUR_VISIONS, deltaE, leastDeltaE, luminance, seenAs, type Lab, type Rgb } from './colour-vision.js';
import { colorOf, hexOf, NOT_VALID_RGB, paletteRgb } from './palette.js';

describe('colour vision: value', () => {
  it('gives the CIELAB values that libvips gives', async () => {
    const colours: Rgb[] = [
      [255, 0, 0],
      [86, 180, 233],
      [12, 40, 7],
      [255, 255, 255],
      [0, 0, 0],
    ];
    for (const colour of colours) {
      const pixel = sharp(Uint8Array.from(colour), { raw: { width: 1, height: 1, channels: 3 } });
      const bytes = await pixel.toColourspace('lab').raw({ depth: 'float' }).toBuffer();
      const reference = [0, 4, 8].map((at) => bytes.readFloatLE(at)) as unknown as Lab;
      // libvips reads its conversions from tables of limited precision.
      expect(deltaE(seenAs(colour, 'usual'), reference)).toBeLessThan(0.1);
    }
  });

  it('leaves greys as they are to every viewer', () => {
    for (const vision of COLOUR_VISIONS)
      expect(deltaE(seenAs([90, 90, 90], vision), seenAs([90, 90, 90], 'usual'))).toBeLessThan(0.01);
  });

  it('brings a red and a green close that protan and deutan viewers confuse', () => {
    const [red, green]: [Rgb, Rgb] = [
      [191, 66, 47],
      [107, 107, 30],
    ];
    const usual = deltaE(seenAs(red, 'usual'), seenAs(green, 'usual'));
    expect(leastDeltaE(red, green)).toBeLessThan(usual / 3);
  });

  it('knows the luminance of black, white and pure green', () => {
    expect([luminance([0, 0, 0]), luminance([255, 255, 255]), luminance([0, 255, 0])]).toEqual([
      0,
      expect.closeTo(1, 12),
      expect.closeTo(0.7152, 12),
    ]);
  });
});

describe('palette: value', () => {
  it('begins with the seven colours of Okabe and Ito', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map(colorOf)).toEqual([
      '#e69f00',
      '#56b4e9',
      '#009e73',
      '#f0e442',
      '#0072b2',
      '#d55e00',
      '#cc79a7',
    ]);
  });

  it('is the same for a run of any number of clusters', () => {
    expect(paletteRgb(3)).toEqual(paletteRgb(60).slice(0, 3));
    expect(paletteRgb(60).map(hexOf)).toEqual(Array.from({ length: 60 }, (_, cluster) => colorOf(cluster)));
  });

  // The least distances that the docstring states; 10 is plain at a glance, 2.3 just noticeable.
  it.each([
    [8, 17],
    [16, 17],
    [32, 12],
    [50, 7],
    [255, 0.8],
  ])('keeps the first %i colours at least deltaE %d apart for usual, protan and deutan sight', (k, least) => {
    expect(leastPairwise(paletteRgb(k))).toBeGreaterThanOrEqual(least);
  });

  it('keeps 50 colours at least deltaE 9 from the grey of pixels that are not valid', () => {
    expect(Math.min(...paletteRgb(50).map((colour) => leastDeltaE(colour, NOT_VALID_RGB)))).toBeGreaterThan(9);
  });

  it('repeats after 255 colours', () => {
    expect(colorOf(255)).toBe(colorOf(0));
    expect(new Set(paletteRgb(255).map(hexOf)).size).toBe(255);
  });
});

describe('palette: error', () => {
  it('refuses what is no cluster', () => {
    expect(() => colorOf(-1)).toThrow('colorOf: a cluster is an integer >= 0, got -1');
    expect(() => colorOf(1.5)).toThrow('colorOf: a cluster is an integer >= 0, got 1.5');
  });
});

function leastPairwise(colours: readonly Rgb[]): number {
  const seen = colours.map((colour) => COLOUR_VISIONS.map((vision) => seenAs(colour, vision)));
  let least = Infinity;
  for (let i = 0; i < seen.length; i++)
    for (let j = 0; j < i; j++)
      for (let vision = 0; vision < COLOUR_VISIONS.length; vision++)
        least = Math.min(least, deltaE(seen[i][vision], seen[j][vision]));
  return least;
}
