/**
 * Reads windows of images for training, without labels, and keeps the decoded ones in memory as long as they fit.
 *
 * What is kept stays: training visits every image once an epoch, and there a cache that evicts the oldest would have
 * thrown each image away just before its next turn.
 */
import { cropSample } from './crop.js';
import { UnreadableImageError, type Dataset, type Sample, type WindowPlace } from './dataset.js';

/** What decoded images may take in memory unless it is said otherwise: 1 GiB. */
export const DEFAULT_CACHE_BYTES = 2 ** 30;

/** A window of the image of an index. */
export type WindowReader = (index: number, place: WindowPlace) => Promise<Sample>;

/**
 * Windows of a dataset's images: as the dataset gives them, or cut from images that are decoded once (and fail once) as
 * long as the budget lasts.
 *
 * @param budget - bytes of decoded images to keep at most
 */
export function windowReader(dataset: Dataset, budget: number): WindowReader {
  const read = cachedReader(dataset, budget);
  return async (index, place) => {
    if (dataset.getWindow) return dataset.getWindow(index, place);
    const sample = await read(index);
    const { corner, size } = place(sample.image.shape[0], sample.image.shape[1]);
    return cropSample(sample, corner, size);
  };
}

/**
 * Of a dataset's images, the share that `windowReader` keeps once they are read, told from the first one.
 *
 * @returns 0..1; 0 where the dataset reads windows itself
 */
export async function cachedShare(dataset: Dataset, budget = DEFAULT_CACHE_BYTES): Promise<number> {
  if (dataset.getWindow) return 0;
  try {
    const first = await dataset.get(0, { label: false });
    return Math.min(1, budget / (dataset.size * bytesOf(first)));
  } catch (error) {
    // A failure is kept at no cost; nothing is known of the others.
    if (error instanceof UnreadableImageError) return 1;
    throw error;
  }
}

function cachedReader(dataset: Dataset, budget: number): (index: number) => Promise<Sample> {
  const kept = new Map<number, Sample>();
  const unreadable = new Map<number, UnreadableImageError>();
  let free = budget;
  return async (index) => {
    const known = kept.get(index);
    if (known) return known;
    const failure = unreadable.get(index);
    if (failure) throw failure;
    try {
      const { id, image, valid } = await dataset.get(index, { label: false });
      const sample = { id, image, ...(valid && { valid }) };
      const bytes = bytesOf(sample);
      if (bytes <= free && !kept.has(index)) {
        kept.set(index, sample);
        free -= bytes;
      }
      return sample;
    } catch (error) {
      if (error instanceof UnreadableImageError) unreadable.set(index, error);
      throw error;
    }
  };
}

function bytesOf({ image, valid }: Pick<Sample, 'image' | 'valid'>): number {
  return image.data.byteLength + (valid?.byteLength ?? 0);
}
