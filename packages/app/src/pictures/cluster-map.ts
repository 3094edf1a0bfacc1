/**
 * A picture whose pixels are cluster ids, and the few operations that drawing it needs.
 *
 * Which pixels are valid is in the map itself: an id below 0 stands for "not valid".
 */

/** Id of a pixel that belongs to no cluster (transparent input, no data). */
export const NOT_VALID = -1;

export interface ClusterMap {
  readonly shape: readonly [height: number, width: number];
  /** [H * W] cluster of each pixel, or NOT_VALID. */
  readonly data: Int32Array;
}

/** The map with the pixels taken out that are not valid; the map itself when all are. */
export function onlyValid(map: ClusterMap, valid: Uint8Array | undefined): ClusterMap {
  if (!valid) return map;
  return { shape: map.shape, data: map.data.map((cluster, pixel) => (valid[pixel] ? cluster : NOT_VALID)) };
}

/** The map at another size, by the nearest pixel centre: no id appears that was not there. */
export function resizeClusterMap(map: ClusterMap, shape: ClusterMap['shape']): ClusterMap {
  const [height, width] = map.shape;
  const [toHeight, toWidth] = shape;
  if (toHeight === height && toWidth === width) return map;
  const data = new Int32Array(toHeight * toWidth);
  for (let row = 0; row < toHeight; row++) {
    const from = Math.floor(((row + 0.5) * height) / toHeight) * width;
    for (let col = 0; col < toWidth; col++)
      data[row * toWidth + col] = map.data[from + Math.floor(((col + 0.5) * width) / toWidth)];
  }
  return { shape, data };
}

/**
 * Only the pixels within `thickness` of another cluster, to the left, right, above or below; the rest become NOT_VALID.
 */
export function bordersOf(
  { shape, data }: ClusterMap,
  { thickness = 1 }: { readonly thickness?: number } = {},
): ClusterMap {
  const [height, width] = shape;
  const borders = new Int32Array(data.length).fill(NOT_VALID);
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      const at = row * width + col;
      for (let away = 1; away <= thickness; away++) {
        const differs =
          (col >= away && data[at - away] !== data[at]) ||
          (col + away < width && data[at + away] !== data[at]) ||
          (row >= away && data[at - away * width] !== data[at]) ||
          (row + away < height && data[at + away * width] !== data[at]);
        if (differs) borders[at] = data[at];
      }
    }
  }
  return { shape, data: borders };
}
