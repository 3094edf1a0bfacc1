import type { Dataset } from '@autoregseg/data';
import { describe, expect, it } from 'vitest';
import { checkFeasible } from './feasibility.js';

const config = { clusters: 3, overclusters: 12, crop: [32, 48] as [number, number], halfWindow: 6 };
const datasetOf = (...shapes: [number, number][]) =>
  ({ ids: shapes.map((_, at) => `image-${at}`), shapes }) as unknown as Dataset;

// A check has nothing to give but its silence.
describe('value', () => {
  it('lets pass what fits exactly', () => {
    expect(() => checkFeasible({ ...config, halfWindow: 31 }, datasetOf([32, 48], [400, 300]))).not.toThrow();
  });

  it('lets pass an image that fits once it is turned upright', () => {
    expect(() => checkFeasible(config, datasetOf([48, 32]))).not.toThrow();
  });

  it('lets pass a dataset whose sizes are not known', () => {
    expect(() => checkFeasible(config, { ids: ['a'] } as unknown as Dataset)).not.toThrow();
  });
});

describe('error', () => {
  it('names an image that is too small, how many there are, and the crop that fits all', () => {
    expect(() => checkFeasible(config, datasetOf([100, 100], [31, 100], [200, 20]))).toThrow(
      "training: image 'image-1' (and 1 more) is 31x100, smaller than the crop of 32x48: " +
        '--crop 31x20 fits all images, --size resizes them.',
    );
  });

  it('names every fault at once', () => {
    const faulty = { clusters: 70, overclusters: 0, crop: [8, 8] as [number, number], halfWindow: 8 };
    expect(() => checkFeasible(faulty, datasetOf([8, 8]))).toThrow(
      'training: 70 clusters, but a crop of 8x8 has 64 pixels: take fewer clusters or a larger --crop; ' +
        'a half window of 8 pixels does not fit a crop of 8x8: lower --half-window.',
    );
  });
});
