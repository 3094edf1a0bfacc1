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
    prediction: maskUri(foldIds(prediction), colours),
    borders: maskUri(foldIds(bordersOf(prediction, { thickness: 2 })), colours),
    truth:
      example.label && classes
        ? maskUri(resizeClusterMap(truthMap(example, example.label, classes.length), shape), classes)
        : undefined,
    stretched,
  };
}

export function webpUri(bytes: Uint8Array): string {
  return `data:image/webp;base64,${Buffer.from(bytes).toString('base64')}`;
}

/** Large masks shrink to `side`; small ones grow by a whole factor, so that borders stay thin lines. */
function maskShape(height: number, width: number, side: number): readonly [number, number] {
  const longer = Math.max(height, width);
  const factor = longer > side ? side / longer : Math.max(1, Math.floor(side / longer));
  return [Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor))];
}

async function photoUri(image: RasterImage, side: number): Promise<{ photo: string; stretched: boolean }> {
  const { shape, rgb, stretched } = displayImage(image);
  const [height, width] = shape;
  const webp = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 78 })
    .toBuffer();
  return { photo: webpUri(webp), stretched };
}

/** Classes as ids of a map; ignored pixels are not valid. */
function truthMap(example: ReportExample, label: Int32Array, classes: number): ClusterMap {
  const [height, width] = example.image.shape;
  return { shape: [height, width], data: label.map((id) => (id < classes ? id : NOT_VALID)) };
}

function maskUri(map: ClusterMap, palette: readonly Rgb[]): string {
  const png = indexMaskPng(map, { clusters: palette.length, palette });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
