/** How far the orderings agree on some images of a dataset, by the clusters that a model segments with. */
import type { Dataset } from '@autoregseg/data';
import { RASTER_ORDERINGS } from '@autoregseg/orderings';
import { spreadImages } from './dataset-part.js';
import { headMaps, segmentingMaps } from './head-maps.js';
import { OrderingTally, type OrderingScores } from './ordering-tally.js';
import type { SegmenterModel } from './segmenter.js';

/**
 * @param images - how many images to look at, spread evenly over the dataset; all, where it has no more
 * @throws RangeError when none of them can be read
 */
export async function orderingScores(model: SegmenterModel, dataset: Dataset, images: number): Promise<OrderingScores> {
  const tally = new OrderingTally(RASTER_ORDERINGS.length, model.clusters);
  for await (const { image } of spreadImages(dataset, images)) {
    tally.add(segmentingMaps(model, await headMaps(model, image)).orderings);
  }
  return tally.scores();
}
