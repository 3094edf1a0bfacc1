import { describe, expect, it } from 'vitest';
import { batches, type Batch, type BatchState, type BatchStream } from './batches.js';
import { IGNORE_ID, UnreadableImageError, type Dataset, type Sample } from './dataset.js';

/** Image i is height x width, with value i + (row * width + col) / 1000 in its one channel. */
function ramps(sizes: readonly (readonly [number, number])[], bad: readonly number[] = []) {
  const reads: number[] = [];
  const get = async (index: number): Promise<Sample> => {
    reads.push(index);
    if (bad.includes(index)) throw new UnreadableImageError(`${index}.png`, 'broken');
    const [height, width] = sizes[index];
    const data = Float32Array.from({ length: height * width }, (_, at) => index + at / 1000);
    return { id: `${index}`, image: { shape: [height, width, 1], data }, label: new Int32Array(height * width) };
  };
  const dataset: Dataset = {
    name: 'ramps',
    size: sizes.length,
    ids: sizes.map((_, index) => `${index}`),
    classes: ['all'],
    ignoreId: IGNORE_ID,
    channels: 1,
    get,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < sizes.length; index++) yield await get(index);
    },
  };
  return { dataset, reads };
}

const sixteen = (count: number) => Array.from({ length: count }, () => [16, 16] as const);

async function take(stream: BatchStream, count: number): Promise<Batch[]> {
  const taken: Batch[] = [];
  while (taken.length < count) taken.push((await stream.next()).value);
  return taken;
}

describe('batches: shape', () => {
  it('stacks crops and names their images; labels stay out', async () => {
    const { dataset } = ramps([
      [20, 30],
      [16, 40],
      [18, 18],
    ]);
    const [batch] = await take(batches(dataset, { batchSize: 2, crop: [16, 12] }), 1);
    expect(batch.shape).toEqual([2, 16, 12, 1]);
    expect(batch.images).toHaveLength(2 * 16 * 12);
    expect(batch.ids).toHaveLength(2);
    expect(Object.keys(batch).sort()).toEqual(['epoch', 'ids', 'images', 'shape']);
  });

  it('carries the mask of valid pixels as soon as one image has one', async () => {
    const { dataset } = ramps(sixteen(2));
    const valid = new Uint8Array(256).fill(1, 16);
    const masked: Dataset = {
      ...dataset,
      get: async (index) => ({ ...(await dataset.get(index)), ...(index === 1 && { valid }) }),
    };
    const [batch] = await take(batches(masked, { batchSize: 2, crop: [16, 16] }), 1);
    const at = batch.ids.indexOf('1') * 256;
    expect(batch.valid!.subarray(at, at + 256)).toEqual(valid);
    expect(batch.valid!.reduce((sum, value) => sum + value, 0)).toBe(512 - 16);
  });
});

describe('batches: value', () => {
  it('shows every image once an epoch, in another order each time, across the ends of epochs', async () => {
    const stream = batches(ramps(sixteen(7)).dataset, { batchSize: 3, crop: [8, 8] });
    const taken = await take(stream, 7); // 21 images = 3 epochs
    const ids = taken.flatMap((batch) => batch.ids);
    const epochs = [ids.slice(0, 7), ids.slice(7, 14), ids.slice(14)];
    epochs.forEach((epoch) => expect([...epoch].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6']));
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(taken.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });

  it('cuts windows that lie anywhere in the image, whole rows and columns in place', async () => {
    const stream = batches(ramps(sixteen(1)).dataset, { batchSize: 200, crop: [15, 14] });
    const [{ images }] = await take(stream, 1);
    const corners = new Set<string>();
    for (let item = 0; item < 200; item++) {
      const crop = images.subarray(item * 210, (item + 1) * 210);
      const first = Math.round(crop[0] * 1000);
      corners.add(`${Math.floor(first / 16)},${first % 16}`);
      expect(Math.round(crop[14] * 1000)).toBe(first + 16); // one row down
      expect(Math.round(crop[13] * 1000)).toBe(first + 13); // end of the row
    }
    expect([...corners].sort()).toEqual(['0,0', '0,1', '0,2', '1,0', '1,1', '1,2']);
  });

  it('resumes exactly, at any step, whatever the prefetch', async () => {
    const open = (prefetch: number, resume?: BatchState) =>
      batches(ramps(sixteen(5)).dataset, { batchSize: 3, crop: [9, 9], seed: 11, prefetch, resume });
    const undisturbed = await take(open(2), 8);
    for (const steps of [0, 1, 4]) {
      const stream = open(3);
      await take(stream, steps);
      const state: BatchState = JSON.parse(JSON.stringify(stream.state()));
      expect(await take(open(0, state), 4)).toEqual(undisturbed.slice(steps, steps + 4));
    }
  });

  it('reads ahead while the caller computes, and no further than asked', async () => {
    const { dataset, reads } = ramps(sixteen(40));
    const stream = batches(dataset, { batchSize: 2, crop: [8, 8], prefetch: 3 });
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reads).toHaveLength(2 * (1 + 3));
    await stream.return!();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('decodes an image once while the cache has room, and each time without', async () => {
    const cached = ramps(sixteen(4));
    await take(batches(cached.dataset, { batchSize: 4, crop: [8, 8], prefetch: 0 }), 5);
    expect(cached.reads).toHaveLength(4);
    const uncached = ramps(sixteen(4));
    await take(batches(uncached.dataset, { batchSize: 4, crop: [8, 8], prefetch: 0, cacheBytes: 0 }), 5);
    expect(uncached.reads).toHaveLength(20);
  });

  it('gives the place of an unreadable image to the next one', async () => {
    const { dataset, reads } = ramps(sixteen(3), [1]);
    const taken = await take(batches(dataset, { batchSize: 3, crop: [8, 8], prefetch: 0 }), 3);
    taken.forEach(({ ids }) => expect([...ids].sort()).toEqual(['0', '2', '2']));
    expect(reads.filter((index) => index === 1)).toHaveLength(1);
  });
});

describe('batches: error', () => {
  it('names every fault of its options', () => {
    const { dataset } = ramps(sixteen(3));
    const resume = { seed: 0, epoch: 0, position: 0, size: 9 };
    expect(() => batches(dataset, { batchSize: 0, crop: [8, 1.5], resume })).toThrow(
      'batches: batchSize must be an integer of at least 1, got 0; crop width must be an integer of at least 1, got 1.5; ' +
        'the state to resume is of 9 images, the dataset now has 3',
    );
    expect(() => batches(ramps([]).dataset, { batchSize: 1, crop: [1, 1] })).toThrow(
      "batches: dataset 'ramps' has no images",
    );
  });

  it('names the image that is smaller than the crop, and ends there', async () => {
    const stream = batches(ramps([[20, 12]]).dataset, { batchSize: 1, crop: [16, 16] });
    await expect(stream.next()).rejects.toThrow(
      "batches: image '0' is 20x12, smaller than the crop of 16x16; " +
        'take a smaller crop, or give the dataset a size to resize its images to',
    );
    expect((await stream.next()).done).toBe(true);
  });

  it('fails when no image can be read', async () => {
    const stream = batches(ramps(sixteen(2), [0, 1]).dataset, { batchSize: 1, crop: [8, 8] });
    await expect(stream.next()).rejects.toThrow("batches: none of the 2 images of 'ramps' can be read");
  });
});
