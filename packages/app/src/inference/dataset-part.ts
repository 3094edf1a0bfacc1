/** Some of a dataset's images, such as those of one job among several or those that are not done yet. */
import { UnreadableImageError, type Dataset } from '@autoregseg/data';

/** @param indices - of the whole dataset, in the order wanted */
export function datasetPart(dataset: Dataset, indices: readonly number[]): Dataset {
  return {
    ...dataset,
    size: indices.length,
    ids: indices.map((index) => dataset.ids[index]),
    get: (index) => dataset.get(indices[index]),
    ...(dataset.getWindow && { getWindow: (index, place) => dataset.getWindow!(indices[index], place) }),
    async *[Symbol.asyncIterator]() {
      for (const index of indices) {
        try {
          yield await dataset.get(index);
        } catch (error) {
          if (!(error instanceof UnreadableImageError)) throw error;
        }
      }
    },
  };
}
