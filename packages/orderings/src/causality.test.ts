import { expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AttentionBlock,
  createNetwork,
  findCausalityViolation,
  hilbertOrdering,
  MaskedAttention2D,
  maskedConv2d,
  RASTER_ORDERINGS,
  type Ordering,
} from './index.js';

beforeAll(useTestEngine);

const size = { height: 3, width: 4, channels: 2 };
const kernel = () => irregularTensor<tf.Rank.R4>([3, 3, 2, 2], 1);

describe('value', () => {
  it('finds nothing in a masked convolution, centre included or not', () => {
    for (const includeCenter of [true, false]) {
      const map = (x: tf.Tensor4D, view: Ordering | 'unmasked') => maskedConv2d(x, kernel(), view, { includeCenter });
      expect(findCausalityViolation(map, RASTER_ORDERINGS[6], { ...size, includeCenter })).toBeNull();
    }
  });

  it('names the first position that is seen by one before it', () => {
    const unmasked = (x: tf.Tensor4D) => maskedConv2d(x, kernel(), 'unmasked');
    expect(findCausalityViolation(unmasked, RASTER_ORDERINGS[0], size)).toEqual({ input: [0, 1], output: [0, 0] });
    // from the bottom right, position (0, 0) is last: its neighbours see it
    expect(findCausalityViolation(unmasked, RASTER_ORDERINGS[6], size)).toEqual({ input: [0, 0], output: [0, 1] });
  });

  it('names a position that sees itself where that was excluded', () => {
    const map = (x: tf.Tensor4D, view: Ordering | 'unmasked') => maskedConv2d(x, kernel(), view);
    const options = { ...size, includeCenter: false };
    expect(findCausalityViolation(map, RASTER_ORDERINGS[0], options)).toEqual({ input: [0, 0], output: [0, 0] });
  });

  it('reports the query of masked attention as sight of itself', () => {
    const layer = new MaskedAttention2D({ includeCenter: false, seed: 1 });
    const map = (x: tf.Tensor4D, view: Ordering | 'unmasked') => layer.apply(x, { view }) as tf.Tensor4D;
    expect(findCausalityViolation(map, hilbertOrdering(), size)).toBeNull();
    // the first two see nothing or one value: their weights cannot change
    expect(findCausalityViolation(map, RASTER_ORDERINGS[0], { ...size, includeCenter: false })).toEqual({
      input: [0, 2],
      output: [0, 2],
    });
  });

  it.each([...RASTER_ORDERINGS, hilbertOrdering()].map((ordering) => [ordering.name, ordering] as const))(
    'finds nothing in the masked part of a network with attention, %s',
    (_name, ordering) => {
      const network = createNetwork({
        channels: 3,
        stemChannels: 4,
        attention: [1],
        form: 'centered',
        heads: {},
        featureSize: 3,
        seed: 2,
      });
      const map = (x: tf.Tensor4D, view: Ordering | 'unmasked') => network.encode(x, view);
      expect(findCausalityViolation(map, ordering, { height: 3, width: 4, channels: 4 })).toBeNull();
    },
  );

  it('AttentionBlock sees all of the past and keeps the channels', () => {
    const layer = new AttentionBlock({ seed: 3 });
    const y = layer.apply(irregularTensor([2, 3, 4, 5], 4), { view: hilbertOrdering() }) as tf.Tensor;
    expect(y.shape).toEqual([2, 3, 4, 5]);
  });
});

describe('gradient', () => {
  it('finds by slopes what perturbation finds', () => {
    const masked = (x: tf.Tensor4D, view: Ordering | 'unmasked') => maskedConv2d(x, kernel(), view);
    const unmasked = (x: tf.Tensor4D) => maskedConv2d(x, kernel(), 'unmasked');
    for (const ordering of [RASTER_ORDERINGS[0], RASTER_ORDERINGS[6]]) {
      const options = { ...size, by: 'gradient' } as const;
      expect(findCausalityViolation(masked, ordering, options)).toBeNull();
      expect(findCausalityViolation(unmasked, ordering, options)).toEqual(
        findCausalityViolation(unmasked, ordering, size),
      );
      const itself = { ...options, includeCenter: false };
      expect(findCausalityViolation(masked, ordering, itself)).toEqual({ input: [0, 0], output: [0, 0] });
    }
  });

  it('leaves nothing', () => {
    const weights = kernel();
    const map = (x: tf.Tensor4D, view: Ordering | 'unmasked') => maskedConv2d(x, weights, view);
    expectNoLeakedTensors(() => void findCausalityViolation(map, RASTER_ORDERINGS[0], { ...size, by: 'gradient' }), 0);
  });
});

describe('value on another grid', () => {
  it('allows an output its latest turn and no later one', () => {
    const pooled = (x: tf.Tensor4D) => tf.maxPool(x, [1, 2], [1, 2], 'valid');
    const options = { height: 1, width: 4, channels: 1 };
    const latest = { height: 1, width: 2, turns: Int32Array.of(1, 3) };
    expect(findCausalityViolation(pooled, RASTER_ORDERINGS[0], { ...options, latest })).toBeNull();
    const early = { ...latest, turns: Int32Array.of(0, 3) };
    expect(findCausalityViolation(pooled, RASTER_ORDERINGS[0], { ...options, latest: early })).toEqual({
      input: [0, 1],
      output: [0, 0],
    });
  });
});

describe('error', () => {
  it('names an unknown way to search', () => {
    const options = { ...size, by: 'magic' as 'gradient' };
    expect(() => findCausalityViolation((x) => x, RASTER_ORDERINGS[0], options)).toThrow(
      new RangeError("findCausalityViolation: by must be 'perturbation' or 'gradient', got 'magic'"),
    );
  });

  it('asks for a map on one grid', () => {
    const map = (x: tf.Tensor4D) => tf.slice(x, [0, 0, 0, 0], [1, 2, 2, 2]);
    expect(() => findCausalityViolation(map, RASTER_ORDERINGS[0], size)).toThrow(
      new RangeError(
        'findCausalityViolation: the map must give [1,3,4,D], got [1,2,2,2]; give it the part that works on one grid, as network.encode',
      ),
    );
  });
});

describe('memory', () => {
  it('leaves nothing', () => {
    const weights = kernel();
    expectNoLeakedTensors(
      () => void findCausalityViolation((x, view) => maskedConv2d(x, weights, view), RASTER_ORDERINGS[0], size),
      0,
    );
  });
});
