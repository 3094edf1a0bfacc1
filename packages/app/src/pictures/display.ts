/**
 * An image of any number of bands as the three 8-bit channels that a screen shows.
 *
 * Bands: one or two -> the first as grey; three or more -> the first three as red, green, blue.
 * Values are shown as they are, except those that did not come from 8 bits and crowd in less than a quarter of 0..1
 * (16-bit rasters, radar): these are stretched so that 2 % of the values saturate at either end, all bands alike to
 * keep the hues.
 */
import type { RasterImage } from '@autoregseg/data';

export interface DisplayImage {
  readonly shape: readonly [height: number, width: number];
  /** [H * W * 3] sRGB */
  readonly rgb: Uint8Array;
  /** Whether contrast was stretched; pictures say so. */
  readonly stretched: boolean;
}

export function displayImage({ shape, data }: RasterImage): DisplayImage {
  const [height, width, channels] = shape;
  const bands = channels >= 3 ? [0, 1, 2] : [0, 0, 0];
  const { low, high, stretched } = displayRange(data, channels);
  const rgb = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = (data[pixel * channels + bands[c]] - low) / (high - low);
      // A value that is no number falls through both comparisons and shows as 0.
      rgb[pixel * 3 + c] = value >= 1 ? 255 : value > 0 ? Math.round(value * 255) : 0;
    }
  }
  return { shape: [height, width], rgb, stretched };
}

/** At most this many values are looked at to find the range. */
const SAMPLES = 30_000;

function displayRange(data: Float32Array, channels: number): { low: number; high: number; stretched: boolean } {
  const natural = { low: 0, high: 1, stretched: false };
  const shown = Math.min(channels, 3);
  const stride = Math.max(1, Math.floor(data.length / channels / SAMPLES));
  const values: number[] = [];
  for (let pixel = 0; pixel * channels < data.length; pixel += stride)
    for (let band = 0; band < shown; band++) values.push(data[pixel * channels + band]);
  const finite = values.filter((value) => Number.isFinite(value));
  if (finite.every(isEightBit)) return natural;
  const sorted = finite.sort((a, b) => a - b);
  const low = sorted[Math.floor(0.02 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.98 * (sorted.length - 1))];
  if (high - low >= 0.25 || high === low) return natural;
  return { low, high, stretched: true };
}

function isEightBit(value: number): boolean {
  return Math.abs(value * 255 - Math.round(value * 255)) < 1e-3;
}
