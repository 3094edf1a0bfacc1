/**
 * Resizing to an exact size: images by area when they shrink and bilinear when they grow, labels by nearest pixel.
 *
 * Pixel centres are at half integers (as align_corners = false elsewhere). Shrinking widens the bilinear kernel to the
 * scale, so that every source pixel counts. Each axis is done on its own. The shape is not kept: H and W are what is asked.
 */
import type { MaskedImage } from './read-image.js';

/** How large images become: exactly `size`, or as large as they are but for a longer side above `longSide`. */
export interface TargetSize {
  readonly size?: readonly [height: number, width: number];
  readonly longSide?: number;
}

/** Height and width that an image of this height and width is resized to. */
export function targetSize(
  [height, width]: readonly [number, number],
  { size, longSide = Infinity }: TargetSize,
): readonly [height: number, width: number] {
  if (size) return size;
  const scale = Math.min(1, longSide / Math.max(height, width));
  return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
}

/**
 * Invalid pixels weigh nothing; a result pixel is valid when at least half of its weight was.
 *
 * @param size - height and width of the result
 */
export function resizeImage({ image, valid }: MaskedImage, size: readonly [number, number]): MaskedImage {
  const [height, width, channels] = image.shape;
  const shape = [size[0], size[1], channels] as const;
  if (height === size[0] && width === size[1]) return { image, ...(valid && { valid }) };
  if (!valid) return { image: { shape, data: resample(image.data, image.shape, size) } };
  // Invalid pixels are 0 already: the resized image only has to be divided by the weight that was valid.
  const data = resample(image.data, image.shape, size);
  const weight = resample(Float32Array.from(valid), [height, width, 1], size);
  const kept = Uint8Array.from(weight, (share) => (share >= 0.5 ? 1 : 0));
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / channels);
    data[at] = kept[pixel] === 1 ? Math.min(1, data[at] / weight[pixel]) : 0;
  }
  return { image: { shape, data }, valid: kept };
}

/**
 * @param labels - [from[0] * from[1]]
 * @returns [to[0] * to[1]], each the label of the source pixel that holds its centre
 */
export function resizeLabels(
  labels: Int32Array,
  from: readonly [number, number],
  to: readonly [number, number],
): Int32Array {
  if (from[0] === to[0] && from[1] === to[1]) return labels;
  const resized = new Int32Array(to[0] * to[1]);
  for (let row = 0; row < to[0]; row++) {
    const sourceRow = Math.floor(((row + 0.5) * from[0]) / to[0]);
    for (let col = 0; col < to[1]; col++) {
      resized[row * to[1] + col] = labels[sourceRow * from[1] + Math.floor(((col + 0.5) * from[1]) / to[1])];
    }
  }
  return resized;
}

/** [H, W, C] -> [h, w, C], rows first. */
function resample(
  data: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  [rows, cols]: readonly [number, number],
): Float32Array {
  const byRow = alongAxis(data, { outer: 1, length: height, inner: width * channels, result: rows });
  return alongAxis(byRow, { outer: rows, length: width, inner: channels, result: cols });
}

interface Axis {
  /** Values before, on and after the axis, and its length in the result. */
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly result: number;
}

function alongAxis(data: Float32Array, { outer, length, inner, result }: Axis): Float32Array {
  const resampled = new Float32Array(outer * result * inner);
  for (let at = 0; at < result; at++) {
    for (const { source, weight } of sourcesOf(at, length, result)) {
      for (let before = 0; before < outer; before++) {
        const from = (before * length + source) * inner;
        const to = (before * result + at) * inner;
        for (let after = 0; after < inner; after++) resampled[to + after] += weight * data[from + after];
      }
    }
  }
  return resampled;
}

/** The source pixels under a triangle as wide as the scale (at least one pixel), their weights adding up to 1. */
function sourcesOf(at: number, length: number, result: number): { source: number; weight: number }[] {
  const scale = length / result;
  const reach = Math.max(1, scale);
  const centre = (at + 0.5) * scale - 0.5;
  const sources: { source: number; weight: number }[] = [];
  for (let source = Math.ceil(centre - reach); source <= Math.floor(centre + reach); source++) {
    const weight = 1 - Math.abs(source - centre) / reach;
    if (source >= 0 && source < length && weight > 0) sources.push({ source, weight });
  }
  const total = sources.reduce((sum, { weight }) => sum + weight, 0);
  return sources.map(({ source, weight }) => ({ source, weight: weight / total }));
}
