/**
 * Who depends on whom in the whole masked part of the network, by gradients: what the sum of its layers sees, not each alone.
 */
import { dependenceOf, expectAutoregressive, irregularTensor, useTestEngine } from '@autoregseg/testing';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  blockOrdering,
  createNetwork,
  diagonalOrdering,
  hilbertOrdering,
  randomOrdering,
  RASTER_ORDERINGS,
  receptiveFieldMap,
  sCurveOrdering,
  spiralOrdering,
  type Network,
  type NetworkOptions,
  type Ordering,
  type SightLayer,
} from './index.js';

beforeAll(useTestEngine);

/** Channels enough that no position's slopes die in all of its ReLUs at once. */
const CHANNELS = 4;

const networkOf = (options: Partial<NetworkOptions>): Network =>
  createNetwork({ channels: 3, stemChannels: CHANNELS, heads: { main: 3 }, seed: 5, ...options });

/** Logits of the main head on the grid of the masked part: everything between the stem and the upsampling. */
const logitsOf = (network: Network, ordering: Ordering) => (maps: tf.Tensor4D) => {
  const features = network.encode(maps, ordering);
  const [, height, width] = features.shape;
  return network.decode(features, [height, width])['main'];
};

const general = [
  sCurveOrdering('bottom-right', 'column'),
  diagonalOrdering('top-right'),
  spiralOrdering(),
  hilbertOrdering(),
  blockOrdering(2),
  randomOrdering(3),
];

describe('gradient', () => {
  describe.each([
    [1, 3, 4],
    [2, 4, 2],
  ])('with attention after block %i of 2, on %i x %i', (block, height, width) => {
    it.each(RASTER_ORDERINGS.map((ordering) => [ordering.name, ordering] as const))(
      'sees all of the past, itself, and nothing of the future: %s',
      (_name, ordering) => {
        const network = networkOf({ attention: [block] });
        expectAutoregressive(logitsOf(network, ordering), ordering, { height, width, channels: CHANNELS });
        network.dispose();
      },
    );
  });

  it.each(general.map((ordering) => [ordering.name, ordering] as const))(
    'sees all of the past and nothing of the future through centered kernels and attention: %s',
    (_name, ordering) => {
      const network = networkOf({ attention: [2], contextSize: 3, form: 'centered', normalization: 'batch' });
      expectAutoregressive(logitsOf(network, ordering), ordering, { height: 2, width: 5, channels: CHANNELS });
      network.dispose();
    },
  );

  it.each(
    RASTER_ORDERINGS.flatMap((ordering) =>
      [0, 3].map((contextSize) => [ordering.name, contextSize, ordering] as const),
    ),
  )(
    'without attention sees what following the masks says, no more and no less: %s, context of %i',
    (_name, contextSize, ordering) => {
      const [height, width] = [4, 5];
      const network = networkOf({ contextSize });
      const layers: SightLayer[] = [{ kind: 'convolution' }, { kind: 'convolution' }];
      if (contextSize > 0) layers.push({ kind: 'convolution', kernelSize: contextSize, skip: true });
      const dependence = dependenceOf(logitsOf(network, ordering), { height, width, channels: CHANNELS });
      dependence.forEach((seen, query) => {
        const position = [Math.floor(query / width), query % width] as const;
        const expected = receptiveFieldMap(layers, ordering, { height, width, position });
        expect(seen.map(Number), `what position ${query} sees`).toEqual([...expected]);
      });
      network.dispose();
    },
  );

  it('unmasked sees the future too, all of it with attention', () => {
    const network = networkOf({ attention: [1] });
    const map = (maps: tf.Tensor4D) => network.encode(maps, 'unmasked');
    const dependence = dependenceOf(map, { height: 2, width: 5, channels: CHANNELS });
    expect(dependence.flat().every(Boolean)).toBe(true);
    network.dispose();
  });
});

describe('value', () => {
  it('takes maps of any size through attention with the same weights', () => {
    const network = networkOf({ attention: [1, 2] });
    for (const shape of [
      [2, 1, 1, CHANNELS],
      [1, 7, 4, CHANNELS],
      [1, 4, 9, CHANNELS],
    ] as const) {
      const features = network.encode(irregularTensor<tf.Rank.R4>([...shape], 2), RASTER_ORDERINGS[4]);
      expect(features.shape).toEqual([...shape.slice(0, 3), CHANNELS * 4]);
      expect(features.dataSync().every(Number.isFinite)).toBe(true);
    }
    network.dispose();
  });
});
