/** The sample patches of one cluster as one picture: three by three, framed in the cluster's colour. */
import type { RasterImage } from '@autoregseg/data';
import sharp from 'sharp';
import { displayImage } from './display.js';
import { colorOf, hexOf, NOT_VALID_RGB } from './palette.js';

export interface PatchSheetOptions {
  readonly cluster: number;
  /** Side of one patch on the sheet, in pixels. @defaultValue 64 */
  readonly side?: number;
}

export interface PatchSheet {
  readonly width: number;
  readonly height: number;
  /** JPEG: SVG viewers need not know any newer format. */
  readonly jpeg: Uint8Array;
}

const COLUMNS = 3;
const ROWS = 3;
const FRAME = 4;

/** @param patches - at most nine are shown; places left over stay grey */
export async function patchSheet(patches: readonly RasterImage[], options: PatchSheetOptions): Promise<PatchSheet> {
  const { cluster, side = 64 } = options;
  const width = COLUMNS * side + (COLUMNS + 1) * FRAME;
  const height = ROWS * side + (ROWS + 1) * FRAME;
  const empty = { width: side, height: side, channels: 3 as const, background: hexOf(NOT_VALID_RGB) };
  const cells = Array.from({ length: COLUMNS * ROWS }, async (_, place) => ({
    input: patches[place] ? await tile(patches[place], side) : await sharp({ create: empty }).png().toBuffer(),
    left: FRAME + (place % COLUMNS) * (side + FRAME),
    top: FRAME + Math.floor(place / COLUMNS) * (side + FRAME),
  }));
  const sheet = sharp({ create: { width, height, channels: 3, background: colorOf(cluster) } });
  const jpeg = await sheet
    .composite(await Promise.all(cells))
    .jpeg({ quality: 84, chromaSubsampling: '4:4:4' }) // or the frames' colours run into the patches
    .toBuffer();
  return { width, height, jpeg: new Uint8Array(jpeg) };
}

function tile(patch: RasterImage, side: number): Promise<Buffer> {
  const { shape, rgb } = displayImage(patch);
  const [height, width] = shape;
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'fill' })
    .png()
    .toBuffer();
}
