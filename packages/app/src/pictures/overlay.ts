/** An image with its mask laid over it: colours at an opacity, borders between clusters opaque. */
import type { RasterImage } from '@autoregseg/data';
import sharp from 'sharp';
import { bordersOf, type ClusterMap } from './cluster-map.js';
import { displayImage } from './display.js';
import { PALETTE_SIZE, paletteRgb } from './palette.js';

export interface OverlayOptions {
  /** 0: the image alone .. 1: the mask alone. @defaultValue 0.5 */
  readonly opacity?: number;
  /** Draw the pixels where clusters meet in the full colour. @defaultValue true */
  readonly borders?: boolean;
}

/**
 * PNG of `image` under the colours of `map`; pixels that are not valid show the image alone.
 *
 * @throws RangeError when the two differ in size or the opacity is outside of 0..1
 */
export async function overlayPng(
  image: RasterImage,
  map: ClusterMap,
  options: OverlayOptions = {},
): Promise<Uint8Array> {
  const { opacity = 0.5, borders = true } = options;
  const [height, width] = map.shape;
  if (image.shape[0] !== height || image.shape[1] !== width)
    throw new RangeError(
      `overlayPng: image and mask must have the same size, got ${image.shape.slice(0, 2).join('x')} and ${height}x${width}`,
    );
  if (!(opacity >= 0 && opacity <= 1)) throw new RangeError(`overlayPng: opacity must be in 0..1, got ${opacity}`);
  const { rgb } = displayImage(image);
  blend(rgb, map, opacity);
  if (borders) blend(rgb, bordersOf(map, { thickness: Math.max(1, Math.round(Math.max(height, width) / 400)) }), 1);
  return new Uint8Array(
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

/** Mixes the clusters' colours into `rgb`, in place. */
function blend(rgb: Uint8Array, { data }: ClusterMap, opacity: number): void {
  const palette = paletteRgb(PALETTE_SIZE);
  data.forEach((cluster, pixel) => {
    if (cluster < 0) return;
    const colour = palette[cluster % PALETTE_SIZE];
    for (let c = 0; c < 3; c++)
      rgb[pixel * 3 + c] = Math.round((1 - opacity) * rgb[pixel * 3 + c] + opacity * colour[c]);
  });
}
