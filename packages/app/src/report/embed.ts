/** Pictures of one example as data URIs, at one common size on the page. */
import type { RasterImage } from '@autoregseg/data';
import sharp from 'sharp';
import { bordersOf, NOT_VALID, resizeClusterMap, type ClusterMap } from '../pictures/cluster-map.js';
import type { Rgb } from '../pictures/colour-vision.js';
import { displayImage } from '../pictures/display.js';
import { indexMaskPng } from '../pictures/masks.js';
import { PALETTE_SIZE, paletteRgb } from '../pictures/palette.js';
import { foldIds } from './colours.js';
import type { ReportExample } from './run-report.js';

export interface EmbeddedExample {
  readonly width: number;
  readonly height: number;
  /** Data URIs. */
  readonly photo: string;
  readonly prediction: string;
  readonly borders: string;
  readonly disagreement?: string;
  readonly truth?: string;
  /** Contrast was stretched for display. */
  readonly stretched: boolean;
}

export interface EmbedOptions {
  /** Longer side of the pictures in the page, in pixels. */
  readonly side: number;
  /** [classes] colours of the ground truth. */
  readonly classes?: readonly Rgb[];
}

export async function embedExample(example: ReportExample, options: EmbedOptions): Promise<EmbeddedExample> {
  const { side, classes } = options;
  const [height, width] = example.image.shape;
  const shape = maskShape(height, width, side);
  const colours = paletteRgb(PALETTE_SIZE);
  const prediction = resizeClusterMap({ shape: [height, width], data: example.prediction }, shape);
  const { photo, stretched } = await photoUri(example.image, side);
  return {
    width: shape[1],
    height: shape[0],
    photo,
    prediction: await maskUri(foldIds(prediction), colours),
    borders: await maskUri(
      foldIds(bordersOf(prediction, { thickness: Math.max(...shape) > ENLARGED_SIDE ? 2 : 1 })),
      colours,
    ),
    disagreement: example.disagreement && (await shadesUri(example.disagreement, shape)),
    truth:
      example.label &&
      classes &&
      (await truthUri(resizeClusterMap({ shape: [height, width], data: example.label }, shape), classes)),
    stretched,
  };
}

export function dataUri(type: 'image/webp' | 'image/jpeg' | 'image/png', bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** Small masks are enlarged towards this side, so that borders stay thin lines. */
const ENLARGED_SIDE = 280;

/** Large masks shrink to `side`; small ones grow by a whole factor. */
function maskShape(height: number, width: number, side: number): readonly [number, number] {
  const longer = Math.max(height, width);
  const factor = longer > side ? side / longer : Math.max(1, Math.floor(Math.min(side, ENLARGED_SIDE) / longer));
  return [Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor))];
}

async function photoUri(image: RasterImage, side: number): Promise<{ photo: string; stretched: boolean }> {
  const { shape, rgb, stretched } = displayImage(image);
  const [height, width] = shape;
  const webp = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 78 })
    .toBuffer();
  return { photo: dataUri('image/webp', webp), stretched };
}

/** Shares from black, 0, to white, 1. */
async function shadesUri({ shape: [height, width], data }: RasterImage, [rows, columns]: readonly [number, number]) {
  const bytes = Uint8Array.from(data, (share) => Math.round(255 * share));
  const picture = sharp(bytes, { raw: { width, height, channels: 1 } }).resize(columns, rows, { fit: 'fill' });
  return dataUri('image/webp', await picture.webp({ quality: 78 }).toBuffer());
}

/** Classes drawn like clusters; ignored pixels are not valid. */
function truthUri({ shape, data }: ClusterMap, classes: readonly Rgb[]): Promise<string> {
  return maskUri({ shape, data: data.map((id) => (id < classes.length ? id : NOT_VALID)) }, classes);
}

async function maskUri(map: ClusterMap, palette: readonly Rgb[]): Promise<string> {
  return dataUri('image/png', await indexMaskPng(map, { clusters: palette.length, palette }));
}
