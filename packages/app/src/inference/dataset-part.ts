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
    [Symbol.asyncIterator]: () => readable(dataset, indices),
  };
}

/** `limit` images evenly spread over the data set, or all; indices and ids are those of the whole. */
export function spreadImages(dataset: Dataset, limit: number): Dataset {
  if (dataset.size <= limit) return dataset;
  const chosen = Array.from({ length: limit }, (_, i) => Math.floor((i * dataset.size) / limit));
  return {
    ...dataset,
    size: limit,
    get: (index) => dataset.get(index),
    [Symbol.asyncIterator]: () => readable(dataset, chosen),
  };
}

/** What can be read of these. */
async function* readable(dataset: Dataset, indices: readonly number[]) {
  for (const index of indices) {
    try {
      yield await dataset.get(index);
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
    }
  }
}
