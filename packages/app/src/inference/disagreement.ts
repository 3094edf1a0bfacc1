/**
 * Where the orderings disagree: the share of pairs of the eight orderings whose most likely clusters differ.
 *
 *   d(p) = 1 - sum_k v_k (v_k - 1) / (8 * 7),   v_k = orderings that give position p to cluster k
 */
import { resizeImage, type RasterImage } from '@autoregseg/data';
import { headMaps, segmentingMaps } from './head-maps.js';
import type { SegmenterModel } from './segmenter.js';

/**
 * The disagreement at each pixel of an image, interpolated from the stem's grid.
 *
 * @param image - or its feature map, where the network sees those
 * @param size - of the result
 * @returns [H, W, 1], 0 = all eight agree
 */
export async function disagreementMap(
  model: SegmenterModel,
  image: RasterImage,
  size: readonly [height: number, width: number],
): Promise<RasterImage> {
  const { height, width, clusters, orderings, unmasked } = segmentingMaps(model, await headMaps(model, image));
  const count = orderings.length / unmasked.length;
  const data = new Float32Array(height * width);
  for (let position = 0; position < data.length; position++) {
    const votes = new Float64Array(clusters);
    for (let ordering = 0; ordering < count; ordering++) {
      const at = (ordering * data.length + position) * clusters;
      const probs = orderings.subarray(at, at + clusters);
      votes[probs.indexOf(Math.max(...probs))] += 1;
    }
    const agreeing = votes.reduce((sum, v) => sum + v * (v - 1), 0);
    data[position] = 1 - agreeing / (count * (count - 1));
  }
  return resizeImage({ image: { shape: [height, width, 1], data } }, size).image;
}
