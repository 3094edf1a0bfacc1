/** One photo as a dataset: what a trainer and a segmenter are given. */
import { IGNORE_ID, type Dataset, type RasterImage, type Sample } from '@autoregseg/data';
import type { Photo } from './messages.js';

/** [H, W, 3] float32, 0..1; transparency is dropped. */
export function rasterOf({ height, width, rgba }: Photo): RasterImage {
  const data = new Float32Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) data[pixel * 3 + channel] = rgba[pixel * 4 + channel] / 255;
  }
  return { shape: [height, width, 3], data };
}

export function photoDataset(image: RasterImage): Dataset {
  const sample: Sample = { id: 'photo', image };
  return {
    name: 'photo',
    size: 1,
    ids: ['photo'],
    classes: [],
    ignoreId: IGNORE_ID,
    channels: image.shape[2],
    get: async () => sample,
    async *[Symbol.asyncIterator]() {
      yield sample;
    },
  };
}
