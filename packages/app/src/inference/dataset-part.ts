/** Some of a dataset's images, such as those of one job among several or those that are not done yet. */
import { cropSample, UnreadableImageError, type Dataset, type Sample } from '@autoregseg/data';

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
  return {
    ...dataset,
    size: limit,
    get: (index) => dataset.get(index),
    [Symbol.asyncIterator]: () => readable(dataset, spread(dataset, limit)),
  };
}

/** The same, of which no more can be read once the signal is aborted: who asks gets the signal's reason thrown. */
export function untilAborted(dataset: Dataset, signal: AbortSignal): Dataset {
  return {
    ...dataset,
    async get(index, options) {
      signal.throwIfAborted();
      return dataset.get(index, options);
    },
    ...(dataset.getWindow && {
      async getWindow(index, place) {
        signal.throwIfAborted();
        return dataset.getWindow!(index, place);
      },
    }),
    async *[Symbol.asyncIterator]() {
      for await (const sample of dataset) {
        signal.throwIfAborted();
        yield sample;
      }
    },
  };
}

/** Images that are looked at once a network is trained, at most. */
const IMAGES = 100;

/** Of larger images the middle is looked at: sides in pixels, which bound the time that it takes. */
const SIDE = 256;

/** What is looked at of a dataset once a network is trained: images spread evenly over it, without their labels, of large ones the middle. */
export function spreadWindows(dataset: Dataset): AsyncIterable<Sample> {
  const middle = (height: number, width: number) => {
    const size: [number, number] = [Math.min(height, SIDE), Math.min(width, SIDE)];
    const corner: [number, number] = [Math.floor((height - size[0]) / 2), Math.floor((width - size[1]) / 2)];
    return { corner, size };
  };
  const windowOf = async (index: number) => {
    if (dataset.getWindow) return dataset.getWindow(index, middle);
    const sample = await dataset.get(index, { label: false });
    const { corner, size } = middle(sample.image.shape[0], sample.image.shape[1]);
    return cropSample(sample, corner, size);
  };
  return readable(dataset, spread(dataset, IMAGES), windowOf);
}

function spread({ size }: Dataset, limit: number): number[] {
  const count = Math.min(size, limit);
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}

/** What can be read of these. */
async function* readable(
  dataset: Dataset,
  indices: readonly number[],
  read: (index: number) => Promise<Sample> = (index) => dataset.get(index),
) {
  for (const index of indices) {
    try {
      yield await read(index);
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
    }
  }
}
