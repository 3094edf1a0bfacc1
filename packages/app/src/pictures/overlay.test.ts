import type { RasterImage } from '@autoregseg/data';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { displayImage } from './display.js';
import { overlayPng } from './overlay.js';
import { paletteRgb } from './palette.js';

const grey: RasterImage = { shape: [1, 4, 1], data: Float32Array.of(0, 0, 0, 1) };
const map = { shape: [1, 4] as const, data: Int32Array.of(0, 0, 1, -1) };

describe('display: value', () => {
  it('shows one and two bands as grey, and the first three of more as red, green and blue', () => {
    expect([...displayImage({ shape: [1, 1, 1], data: Float32Array.of(1) }).rgb]).toEqual([255, 255, 255]);
    expect([...displayImage({ shape: [1, 1, 2], data: Float32Array.of(0.2, 1) }).rgb]).toEqual([51, 51, 51]);
    expect([...displayImage({ shape: [1, 1, 4], data: Float32Array.of(0, 0.2, 1, 0.6) }).rgb]).toEqual([0, 51, 255]);
  });

  it('leaves 8-bit images as they are, however dark', () => {
    const data = Float32Array.from({ length: 100 }, (_, i) => (i % 10) / 255);
    expect(displayImage({ shape: [10, 10, 1], data }).stretched).toBe(false);
  });

  it('stretches 16-bit images that crowd in a small range, and says so', () => {
    // 101 values 0.02 .. 0.03: the 2nd percentile 0.0202 shows as 0, the 98th 0.0298 as 255.
    const data = Float32Array.from({ length: 101 }, (_, i) => 0.02 + 0.0001 * i);
    const { rgb, stretched } = displayImage({ shape: [1, 101, 1], data });
    expect(stretched).toBe(true);
    expect([rgb[0], rgb[2 * 3], rgb[50 * 3], rgb[98 * 3], rgb[100 * 3]]).toEqual([0, 0, 128, 255, 255]);
  });

  it('shows values that are no numbers as black', () => {
    expect([...displayImage({ shape: [1, 1, 3], data: Float32Array.of(Number.NaN, 2, -1) }).rgb]).toEqual([0, 255, 0]);
  });
});

describe('overlay: value', () => {
  it('mixes image and colour at the opacity, and leaves not-valid pixels alone', async () => {
    const png = decode(await overlayPng(grey, map, { opacity: 0.5, borders: false }));
    const [orange, blue] = paletteRgb(2);
    const half = (colour: readonly number[]) => colour.map((channel) => Math.round(channel / 2));
    expect([...png.data]).toEqual([...half(orange), ...half(orange), ...half(blue), 255, 255, 255]);
  });

  it('draws borders in the full colour', async () => {
    const png = decode(await overlayPng(grey, map, { opacity: 0 }));
    const [orange, blue] = paletteRgb(2);
    expect([...png.data]).toEqual([0, 0, 0, ...orange, ...blue, 255, 255, 255]);
  });
});

describe('overlay: error', () => {
  it('refuses sizes that differ and an opacity outside of 0..1', async () => {
    await expect(overlayPng(grey, { shape: [2, 2], data: map.data })).rejects.toThrow(
      'overlayPng: image and mask must have the same size, got 1x4 and 2x2',
    );
    await expect(overlayPng(grey, map, { opacity: 2 })).rejects.toThrow('overlayPng: opacity must be in 0..1, got 2');
  });
});
