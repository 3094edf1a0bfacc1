import { describe, expect, it } from 'vitest';
import { openDataset, type DatasetSpec } from './open-dataset.js';

const open = (spec: object) => () => openDataset(spec as DatasetSpec);

describe('openDataset: error', () => {
  it('names the known datasets, and the nearest one', () => {
    expect(open({ dataset: 'mosaics' })).toThrow(
      /^openDataset: dataset must be one of mosaic.*, got "mosaics"; did you mean 'mosaic'\?$/,
    );
    expect(open({ dataset: 'toString' })).toThrow(/^openDataset: dataset must be one of .*, got "toString"$/);
    expect(open({})).toThrow(/^openDataset: dataset must be one of .*, got undefined$/);
  });

  it('reports every fault at once, each with the value it found', () => {
    expect(open({ dataset: 'mosaic', count: 0, size: [128, 8], seeed: 1 })).toThrow(
      'openDataset: count: Too small: expected number to be >=1, got 0; ' +
        'size.1: Too small: expected number to be >=32, got 8; Unrecognized key: "seeed"',
    );
  });
});
