/**
 * Training batches: random crops of all images in a shuffled order, epoch after epoch, read ahead of the computing.
 *
 * The whole stream is a pure function of (seed, number of images, batch size, crop): item n is image
 * order(epoch)[position], with epoch = floor(n / images) and position = n mod images, and its crop is drawn from a
 * stream named by (seed, epoch, position). So a state is three counters, and resuming is exact. Labels never enter.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { UnreadableImageError, type Dataset, type Sample, type WindowPlace } from './dataset.js';
import { permutation, randomStream } from './random-stream.js';
import { DEFAULT_CACHE_BYTES, windowReader, type WindowReader } from './sample-cache.js';

/** Images of one training step, or one process's share of them. */
export interface Batch {
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
  /** [N, h, w, C] float32, 0..1. */
  readonly images: Float32Array;
  /** [N, h, w], 0 = nothing there. Absent = all valid. */
  readonly valid?: Uint8Array;
  readonly ids: readonly string[];
  /** Of the whole batch's first image; a batch may end in the next epoch. */
  readonly epoch: number;
}

/** Where a stream stands, as plain JSON. */
export interface BatchState {
  readonly seed: number;
  readonly epoch: number;
  /** Images of this epoch already handed out. */
  readonly position: number;
  /** Number of images, to notice a dataset that has changed. */
  readonly size: number;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** Height and width of the crops. */
  readonly crop: readonly [height: number, width: number];
  /** @defaultValue 0 */
  readonly seed?: number;
  /** Batches that are read while the caller computes. @defaultValue 2 */
  readonly prefetch?: number;
  /** Bytes of decoded images to keep, so that small datasets are decoded once. @defaultValue 1 GiB */
  readonly cacheBytes?: number;
  /** What `state()` returned: go on there. Its seed rules. */
  readonly resume?: BatchState;
  /** Read these images of each batch only, for one of several processes that share it. @defaultValue all of them */
  readonly share?: BatchPart;
}

/** Neighbours within a batch. */
export interface BatchPart {
  readonly first: number;
  readonly count: number;
}

/** An endless stream of batches. */
export interface BatchStream extends AsyncIterableIterator<Batch> {
  /** Where the stream stands after the batches handed out (not those read ahead). */
  state(): BatchState;
}

/**
 * Opens the stream of training batches.
 *
 * A file that cannot be read gives its place to the next one in the dataset's list, so that every batch is full.
 *
 * @throws RangeError at once for faulty options, and on `next()` for an image smaller than the crop
 * @example
 * const stream = batches(openDataset({ dataset: 'mosaic' }), { batchSize: 8, crop: [96, 96], seed: 1 });
 * const { value } = await stream.next(); // value.shape [8, 96, 96, 3]
 */
export function batches(dataset: Dataset, options: BatchOptions): BatchStream {
  const { batchSize, crop, prefetch = 2, cacheBytes = DEFAULT_CACHE_BYTES, resume } = options;
  const { first: begin, count } = options.share ?? { first: 0, count: batchSize };
  check(dataset, options);
  const { size } = dataset;
  const seed = resume?.seed ?? options.seed ?? 0;
  const read = skippingReader(dataset, cacheBytes);
  const orderOf = shuffledEpochs(seed, size);
  let handedOut = resume ? resume.epoch * size + resume.position : 0;
  let planned = handedOut;
  let closed = false;
  let queue: Promise<Batch>[] = [];
  let previous: Promise<unknown> = Promise.resolve();

  const plan = () => {
    const first = planned;
    planned += batchSize;
    // One batch at a time, so that no more images are in memory than one batch needs.
    const batch = previous.then(() => {
      if (closed) throw new Error('batches: the stream was closed');
      return assemble(first);
    });
    previous = batch.catch(() => undefined);
    queue.push(batch);
  };

  const assemble = async (first: number): Promise<Batch> => {
    const items = Array.from({ length: count }, (_, item) => place(first + begin + item, size));
    const crops = await Promise.all(
      items.map(async ({ epoch, position }) => {
        const random = randomStream(seed, 1, epoch, position);
        const [down, right] = [uniformFloat64(random), uniformFloat64(random)];
        const index = orderOf(epoch)[position];
        return read(index, randomPlace(dataset, index, { crop, down, right }));
      }),
    );
    return stack(crops, place(first, size).epoch);
  };

  const stream: BatchStream = {
    async next() {
      if (closed) return { done: true, value: undefined };
      while (queue.length < 1 + prefetch) plan();
      try {
        const value = await queue.shift()!;
        handedOut += batchSize;
        return { done: false, value };
      } catch (error) {
        await stream.return!();
        throw error;
      }
    },
    async return() {
      closed = true;
      queue = [];
      return { done: true, value: undefined };
    },
    state: () => ({ seed, ...place(handedOut, size), size }),
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

function check(
  dataset: Dataset,
  { batchSize, crop, seed = 0, prefetch = 2, cacheBytes, resume, share }: BatchOptions,
): void {
  const faults: string[] = [];
  const integer = (name: string, value: number, least: number) => {
    if (!(Number.isSafeInteger(value) && value >= least)) {
      faults.push(`${name} must be an integer of at least ${least}, got ${value}`);
    }
  };
  integer('batchSize', batchSize, 1);
  integer('crop height', crop[0], 1);
  integer('crop width', crop[1], 1);
  if (share && !(share.first >= 0 && share.count >= 1 && share.first + share.count <= batchSize)) {
    faults.push(`share must lie within the batch of ${batchSize}, got ${share.count} from ${share.first}`);
  }
  integer('seed', seed, Number.MIN_SAFE_INTEGER);
  integer('prefetch', prefetch, 0);
  if (cacheBytes !== undefined && !(cacheBytes >= 0)) faults.push(`cacheBytes must be at least 0, got ${cacheBytes}`);
  if (dataset.size === 0) faults.push(`dataset '${dataset.name}' has no images`);
  if (resume && resume.size !== dataset.size) {
    faults.push(`the state to resume is of ${resume.size} images, the dataset now has ${dataset.size}`);
  }
  if (faults.length > 0) throw new RangeError(`batches: ${faults.join('; ')}`);
}

const place = (item: number, size: number) => ({ epoch: Math.floor(item / size), position: item % size });

/** The image order of each epoch; the last one asked for is kept. */
function shuffledEpochs(seed: number, size: number): (epoch: number) => Int32Array {
  let last: { epoch: number; order: Int32Array } = { epoch: -1, order: new Int32Array() };
  return (epoch) => {
    if (last.epoch !== epoch) last = { epoch, order: permutation(size, randomStream(seed, 0, epoch)) };
    return last.order;
  };
}

/** Reads the image of an index, or the next in the list that can be read. */
function skippingReader(dataset: Dataset, cacheBytes: number): WindowReader {
  const read = windowReader(dataset, cacheBytes);
  return async (index, place) => {
    for (let tried = 0; tried < dataset.size; tried++) {
      try {
        return await read((index + tried) % dataset.size, place);
      } catch (error) {
        if (!(error instanceof UnreadableImageError)) throw error;
      }
    }
    throw new RangeError(`batches: none of the ${dataset.size} images of '${dataset.name}' can be read`);
  };
}

/** Where a crop lies: `down` and `right`, 0..1, of the way that it can go. */
function randomPlace(
  { ids }: Dataset,
  index: number,
  { crop, down, right }: { readonly crop: readonly [number, number]; readonly down: number; readonly right: number },
): WindowPlace {
  return (height, width) => {
    if (crop[0] > height || crop[1] > width) {
      throw new RangeError(
        `batches: image '${ids[index]}' is ${height}x${width}, smaller than the crop of ${crop[0]}x${crop[1]}; ` +
          `take a smaller crop, or give the dataset a size to resize its images to`,
      );
    }
    return {
      corner: [Math.floor(down * (height - crop[0] + 1)), Math.floor(right * (width - crop[1] + 1))],
      size: crop,
    };
  };
}

function stack(samples: readonly Sample[], epoch: number): Batch {
  const [height, width, channels] = samples[0].image.shape;
  const images = new Float32Array(samples.length * height * width * channels);
  samples.forEach(({ image }, index) => images.set(image.data, index * height * width * channels));
  const shape = [samples.length, height, width, channels] as const;
  const batch = { shape, images, ids: samples.map(({ id }) => id), epoch };
  if (samples.every(({ valid }) => valid === undefined)) return batch;
  const valid = new Uint8Array(samples.length * height * width).fill(1);
  samples.forEach((sample, index) => sample.valid && valid.set(sample.valid, index * height * width));
  return { ...batch, valid };
}
