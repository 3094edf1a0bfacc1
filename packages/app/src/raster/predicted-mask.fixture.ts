/** A raster's mask by blocks: parts and their merge as files, read back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaster } from '@autoregseg/data';
import type { SegmenterModel } from '../inference/segmenter.js';
import { MASK_NODATA } from './mask-tiles.js';
import { mergeRaster } from './merge-raster.js';
import { predictRaster, type PredictRasterOptions } from './predict-raster.js';

export type Choices = Partial<PredictRasterOptions> & { readonly of?: number };

/** The mask's pixels, row by row, computed in `of` shards. */
export async function predictedMask(
  model: SegmenterModel,
  file: string,
  { of = 1, ...options }: Choices,
): Promise<number[]> {
  const work = mkdtempSync(join(tmpdir(), 'autoregseg-predicted-mask-'));
  const raster = await openRaster(file);
  for (let index = 0; index < of; index++) {
    const part = join(work, 'parts', `${index}-of-${of}`);
    const shard = { index, of };
    const { status } = await predictRaster(raster, model, { view: 'unmasked', subject: {}, shard, part, ...options });
    if (status !== 'finished') throw new Error(`shard ${index} of ${of}: ${status}`);
  }
  await raster.close();
  const out = join(work, 'mask.tif');
  mergeRaster({ parts: join(work, 'parts'), out, geo: raster.geo });
  const mask = await readMask(out);
  rmSync(work, { recursive: true });
  return mask;
}

export async function readMask(file: string): Promise<number[]> {
  const mask = await openRaster(file, { range: [0, 255], palette: 'indices' });
  const { image, valid } = await mask.read({ top: 0, left: 0, height: mask.height, width: mask.width });
  await mask.close();
  return Array.from(image.data, (value, pixel) => (valid?.[pixel] === 0 ? MASK_NODATA : Math.round(255 * value)));
}

/** How many pixels differ: a failing `toEqual` of a whole mask would print for minutes. */
export function differing(found: readonly number[], expected: readonly number[]): number {
  return found.length === expected.length ? found.filter((value, pixel) => value !== expected[pixel]).length : Infinity;
}
