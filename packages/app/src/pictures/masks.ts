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
export async function indexMaskPng(map: ClusterMap, options: IndexMaskOptions): Promise<Uint8Array> {
  const { clusters, palette = paletteRgb(Math.min(clusters, PALETTE_SIZE)) } = options;
  const [height, width] = map.shape;
  if (map.data.length !== height * width)
    throw new RangeError(`indexMaskPng: ${height} x ${width} pixels were promised, got ${map.data.length} ids`);
  if (clusters < 1 || clusters > 0xffff)
    throw new RangeError(`indexMaskPng: the number of clusters must be in 1..65535, got ${clusters}`);
  if (clusters > PALETTE_SIZE)
    return encodeGrey16Png({ shape: map.shape, data: fill(new Uint16Array(height * width), map.data, clusters) });
  return encodePalettePng({
    shape: map.shape,
    data: fill(new Uint8Array(height * width), map.data, clusters),
    palette: Array.from({ length: PALETTE_SIZE + 1 }, (_, id) => palette[id] ?? NOT_VALID_RGB),
    transparent: PALETTE_SIZE,
  });
}

/** The ids, with the largest value that the pixels can hold for those that are not valid. */
function fill<T extends Uint8Array | Uint16Array>(pixels: T, ids: Int32Array, clusters: number): T {
  const notValid = 2 ** (8 * pixels.BYTES_PER_ELEMENT) - 1;
  for (let pixel = 0; pixel < ids.length; pixel++) {
    const id = ids[pixel];
    if (id >= clusters)
      throw new RangeError(
        `indexMaskPng: ids must be below the number of clusters ${clusters}, or -1 for not valid, got ${id}`,
      );
    pixels[pixel] = id < 0 ? notValid : id;
  }
  return pixels;
}
