/** A data set cut down to some of its images. */
import { UnreadableImageError, type Dataset } from '@autoregseg/data';

/** `limit` images evenly spread over the data set, or all; indices and ids are those of the whole. */
export function spreadImages(dataset: Dataset, limit: number): Dataset {
  if (dataset.size <= limit) return dataset;
  const chosen = Array.from({ length: limit }, (_, i) => Math.floor((i * dataset.size) / limit));
  return {
    ...dataset,
    size: limit,
    get: (index) => dataset.get(index),
    async *[Symbol.asyncIterator]() {
      for (const index of chosen) {
        try {
          yield await dataset.get(index);
        } catch (error) {
          if (!(error instanceof UnreadableImageError)) throw error;
        }
      }
    },
  };
}
