import { describe, expect, it } from 'vitest';
import { UnreadableImageError, type Dataset, type Sample } from './dataset.js';
import { cachedShare, windowReader } from './sample-cache.js';

const BYTES = 4 * 4 * 3 * Float32Array.BYTES_PER_ELEMENT;

/** Four images of 4 x 4, and how often one was read. */
function fourImages() {
  const reads: number[] = [];
  const get = async (index: number): Promise<Sample> => {
    reads.push(index);
    return { id: String(index), image: { shape: [4, 4, 3], data: new Float32Array(48).fill(index) } };
  };
  const dataset = { name: 'four', size: 4, ids: ['0', '1', '2', '3'], get } as unknown as Dataset;
  return { dataset, reads };
}

describe('value', () => {
  it.each([0, 0.25, 0.5, 1])('tells the share that reading keeps, with room for %d of the images', async (share) => {
    const { dataset, reads } = fourImages();
    const budget = share * 4 * BYTES;
    expect(await cachedShare(dataset, budget)).toBe(share);
    reads.length = 0;
    const read = windowReader(dataset, budget);
    const place = (height: number, width: number) => ({ corner: [0, 0], size: [height, width] }) as const;
    for (const index of [0, 1, 2, 3, 0, 1, 2, 3]) {
      expect((await read(index, place)).image.data[0]).toBe(index);
    }
    expect(reads).toHaveLength(4 + (1 - share) * 4);
  });

  it('keeps none of what a dataset reads by windows, and all where the first cannot be read', async () => {
    const { dataset } = fourImages();
    expect(await cachedShare({ ...dataset, getWindow: dataset.get } as unknown as Dataset)).toBe(0);
    const get = () => Promise.reject(new UnreadableImageError('a.png', 'broken'));
    expect(await cachedShare({ ...dataset, get })).toBe(1);
  });
});
