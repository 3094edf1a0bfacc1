/** Clusters of one block of a raster, from the window of pixels around it. */
import type { MaskedImage } from '@autoregseg/data';
import * as tf from '@tensorflow/tfjs-core';
import { interpolateArgMax } from '@autoregseg/evaluation';
import { gridProbabilities, type InferenceView, type SegmenterModel } from '../inference/segmenter.js';
import { normalise } from '../training/input.js';
import { gridLength, type NetworkAxis } from './axis.js';
import type { Block, RasterPlan } from './plan.js';

/**
 * @param seen - the block's window, as the network sees it
 * @returns [height * width] of the block's place, 0..K-1
 */
export async function segmentBlock(
  model: SegmenterModel,
  seen: MaskedImage,
  { place, origin }: Block,
  { plan, view }: { readonly plan: RasterPlan; readonly view: InferenceView },
): Promise<Int32Array> {
  const maps = tf.tidy(() => gridProbabilities(model, normalise([seen.image], model.statistics), view));
  const grid = { shape: maps.shape.slice(1) as [number, number, number], data: (await maps.data()) as Float32Array };
  maps.dispose();
  const part = (axis: NetworkAxis, start: number, first: number) => ({
    grid: gridLength(axis.length, axis.stride),
    result: axis.output,
    origin: first,
    start,
  });
  const parts = [part(plan.rows, place.top, origin[0]), part(plan.columns, place.left, origin[1])] as const;
  return interpolateArgMax(grid, place.height, place.width, parts).ids;
}
