/** The specification of a folder dataset: its fields, and the check of their form. */
import { z } from 'zod';
import type { LabelMap } from './label-map.js';

export interface FolderSpec {
  readonly dataset: 'folder';
  /** A folder (searched recursively), a file, or a list of both: PNG, JPEG, WebP, TIFF; hidden files are left out. */
  readonly images: string | readonly string[];
  /** A folder of label files (PNG or TIFF, one number a pixel), paired with images by name: see label-pairing.ts. */
  readonly labels?: string;
  /** A map, or a JSON file that holds one. Without one, ids are classes: 0 to the largest in the first 20 label files. */
  readonly labelMap?: string | LabelMap;
  /** Resize every image to exactly this height and width (aspect is not kept); labels by nearest pixel. */
  readonly size?: readonly [height: number, width: number];
  /** Shrink every image whose longer side has more pixels than this, keeping its aspect; not together with `size`. */
  readonly longSide?: number;
  /** Samples that become 0 and 1. @defaultValue the whole range of an integer type, 0..1 for floats */
  readonly range?: readonly [low: number, high: number];
  /** What a TIFF's alpha sample is; some writers tag infrared as alpha. @defaultValue 'mask' */
  readonly alpha?: 'mask' | 'band';
  /** Refuse files that cannot be read and images without label, instead of warning. @defaultValue false */
  readonly strict?: boolean;
  /** Images of more pixels than this are not decoded. @defaultValue as many as a gibibyte holds: 62914560 in 8-bit RGB */
  readonly maxPixels?: number;
}

const place = z.string().min(1);

export const folderSchema: z.ZodType<FolderSpec> = z
  .strictObject({
    dataset: z.literal('folder'),
    images: z.union([place, z.array(place).min(1)], 'a folder, a file, or a list of them'),
    labels: place.optional(),
    labelMap: z.union([place, z.custom<LabelMap>((value) => typeof value === 'object' && value !== null)]).optional(),
    size: z.tuple([z.int().min(1), z.int().min(1)]).optional(),
    longSide: z.int().min(1).optional(),
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'low must be below high')
      .optional(),
    alpha: z.enum(['mask', 'band']).optional(),
    strict: z.boolean().optional(),
    maxPixels: z.int().min(1).optional(),
  })
  .refine(({ labels, labelMap }) => labelMap === undefined || labels !== undefined, {
    path: ['labelMap'],
    message: 'needs labels, the folder of label files',
  })
  .refine(({ size, longSide }) => size === undefined || longSide === undefined, {
    path: ['longSide'],
    message: 'says how large images become, and so does size: give one of them',
  });
