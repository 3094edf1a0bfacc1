/**
 * Reads samples for training, without labels, and keeps the decoded ones in memory as long as they fit.
 *
 * What is kept stays: training visits every image once an epoch, and there a cache that evicts the oldest would have
 * thrown each image away just before its next turn.
 */
import { UnreadableImageError, type Dataset, type Sample } from './dataset.js';

/**
 * @param budget - bytes of decoded images to keep at most
 * @returns `dataset.get` without labels, decoding an image (and failing on a bad one) once as long as the budget lasts
 */
export function cachedReader(dataset: Dataset, budget: number): (index: number) => Promise<Sample> {
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

function bytesOf({ image, valid }: Sample): number {
  return image.data.byteLength + (valid?.byteLength ?? 0);
}
