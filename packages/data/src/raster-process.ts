/** Windows of a raster, read in a child process (child/read-raster.mjs) of its own. */
import { fileURLToPath } from 'node:url';
import { ChildChannel } from './child-channel.js';
import { UnreadableImageError } from './dataset.js';
import type { TiffHeader } from './tiff-header.js';

/** A rectangle of an image, in pixels. */
export interface PixelWindow {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A window of a file or URL; without a window, what the file says about itself. */
export interface RasterQuestion {
  readonly source: string;
  readonly window?: PixelWindow;
}

/** The tags of GeoTIFF, as stored: where pixels lie on the ground. */
export interface GeoTags {
  readonly pixelScale?: readonly number[];
  readonly tiepoint?: readonly number[];
  readonly transformation?: readonly number[];
  readonly keys?: readonly number[];
  readonly doubles?: readonly number[];
  readonly ascii?: string;
}

export interface RasterDescription extends TiffHeader {
  /** Height and width of a tile or strip: what is decoded at once. */
  readonly block: readonly [height: number, width: number];
  /** Stored in tiles rather than in strips, which are as wide as the raster. */
  readonly isTiled: boolean;
  readonly geo: GeoTags;
}

/** A channel to a child of its own, which decodes while this process computes. */
export function rasterChannel(): ChildChannel {
  return new ChildChannel({
    script: fileURLToPath(new URL('../child/read-raster.mjs', import.meta.url)),
    name: 'the raster reader',
    refuse: (question, reason) => new UnreadableImageError((question as RasterQuestion).source, reason),
  });
}
