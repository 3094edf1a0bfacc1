/**
 * Masks as PNG files whose pixel values are cluster ids.
 *
 * Up to 255 clusters: 8 bits with the run's palette, 255 = not valid (and transparent). More: 16-bit grey without
 * colours, 65535 = not valid, since 255 is a cluster then.
 */
import type { ClusterMap } from './cluster-map.js';
import type { Rgb } from './colour-vision.js';
import { NOT_VALID_RGB, PALETTE_SIZE, paletteRgb } from './palette.js';
import { encodeGrey16Png, encodePalettePng } from './png.js';

export interface IndexMaskOptions {
  /** K, at most 65535. */
  readonly clusters: number;
  /** Colours of the ids 0..K-1; the run's own unless given. Not used when K > 255. */
  readonly palette?: readonly Rgb[];
}

/**
 * PNG whose pixel values are the ids of `map`.
 *
 * @param map - ids 0..K-1, or negative where not valid
 * @throws RangeError when an id is neither a cluster nor "not valid", or the data do not fill the shape
 */
export function indexMaskPng(map: ClusterMap, options: IndexMaskOptions): Uint8Array {
  const { clusters, palette = paletteRgb(Math.min(clusters, PALETTE_SIZE)) } = options;
  const [height, width] = map.shape;
  if (map.data.length !== height * width)
    throw new RangeError(`indexMaskPng: ${height} x ${width} pixels were promised, got ${map.data.length} ids`);
  if (clusters < 1 || clusters > 0xffff)
    throw new RangeError(`indexMaskPng: the number of clusters must be in 1..65535, got ${clusters}`);
  if (clusters > PALETTE_SIZE)
    return encodeGrey16Png({ shape: map.shape, data: Uint16Array.from(map.data, index(clusters, 0xffff)) });
  const transparent = PALETTE_SIZE;
  return encodePalettePng({
    shape: map.shape,
    data: Uint8Array.from(map.data, index(clusters, transparent)),
    palette: Array.from({ length: transparent + 1 }, (_, id) => palette[id] ?? NOT_VALID_RGB),
    transparent,
  });
}

function index(clusters: number, notValid: number): (id: number) => number {
  return (id) => {
    if (id >= 0 && id < clusters) return id;
    if (id < 0) return notValid;
    throw new RangeError(
      `indexMaskPng: ids must be below the number of clusters ${clusters}, or -1 for not valid, got ${id}`,
    );
  };
}
