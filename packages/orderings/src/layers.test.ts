import { expectAutoregressive, expectConfigRoundTrip, useTestEngine, irregularTensor } from '@autoregseg/testing';
import type * as tf from '@tensorflow/tfjs-core';
import { input } from '@tensorflow/tfjs-layers';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AttentionBlock,
  ContextBlock,
  Decoder,
  MaskedAttention2D,
  MaskedConv2D,
  maskedConv2d,
  RASTER_ORDERINGS,
  ResidualBlock,
  Stem,
} from './index.js';
import type { Normalization } from './index.js';

beforeAll(useTestEngine);

const x = () => irregularTensor<tf.Rank.R4>([2, 3, 4, 3], 1);

describe('shape', () => {
  it.each([
    ['MaskedConv2D', new MaskedConv2D({ filters: 5, kernelSize: [3, 1] }), [null, 9, 8, 5]],
    ['ResidualBlock', new ResidualBlock({ filters: 6 }), [null, 9, 8, 6]],
    ['Stem', new Stem({ filters: 4, outputStride: 4 }), [null, 3, 2, 4]],
    ['MaskedAttention2D', new MaskedAttention2D(), [null, 9, 8, 2]],
    ['AttentionBlock', new AttentionBlock({ valueSize: 7 }), [null, 9, 8, 3]],
    ['ContextBlock', new ContextBlock(), [null, 9, 8, 6]],
  ] as const)('%s tells its output shape for a symbolic input', (_name, layer, shape) => {
    const symbolic = layer.apply(input({ shape: [9, 8, 3] })) as { readonly shape: readonly (number | null)[] };
    expect(symbolic.shape).toEqual(shape);
  });
});

describe('value', () => {
  it.each([
    [
      'MaskedConv2D',
      new MaskedConv2D({
        filters: 5,
        kernelSize: [1, 3],
        form: 'centered',
        includeCenter: false,
        useBias: false,
        seed: 3,
      }),
    ],
    [
      'ResidualBlock',
      new ResidualBlock({ filters: 6, kernelSize: 5, form: 'centered', normalization: 'batch', dropout: 0.5, seed: 4 }),
    ],
    ['Stem', new Stem({ filters: 4, outputStride: 4, edges: true, seed: 5 })],
    ['MaskedAttention2D', new MaskedAttention2D({ keySize: 2, valueSize: 3, includeCenter: false, seed: 7 })],
    ['AttentionBlock', new AttentionBlock({ valueSize: 3, seed: 8 })],
    ['ContextBlock', new ContextBlock({ poolSize: 5, form: 'centered' })],
    ['Decoder', new Decoder({ heads: { main: 3, over: 9 }, seed: 6 })],
  ] as const)('%s comes back from its configuration, and draws the same weights', (_name, layer) => {
    const again = expectConfigRoundTrip(layer);
    for (const one of [layer, again]) one.build([null, null, null, 3]);
    const weights = (one: typeof layer) => one.getWeights().map((weight) => [...weight.dataSync()]);
    expect(weights(again as typeof layer)).toEqual(weights(layer));
  });

  it('MaskedConv2D is maskedConv2d with its own weights', () => {
    const layer = new MaskedConv2D({ filters: 2, seed: 7 });
    const view = RASTER_ORDERINGS[6];
    const y = layer.apply(x(), { view }) as tf.Tensor4D;
    const [kernel, bias] = layer.getWeights() as [tf.Tensor4D, tf.Tensor1D];
    expect([...y.dataSync()]).toEqual([...maskedConv2d(x(), kernel, view, { bias }).dataSync()]);
  });

  it('ResidualBlock drops whole channels of its branches, and none in inference', () => {
    const layer = new ResidualBlock({ filters: 4, dropout: 0.5, seed: 8 });
    const outputs = (training: boolean, seed: number) =>
      (layer.apply(x(), { view: 'unmasked', training, random: xoroshiro128plus(seed) }) as tf.Tensor).dataSync();
    expect([...outputs(true, 1)]).toEqual([...outputs(true, 1)]);
    expect([...outputs(true, 1)]).not.toEqual([...outputs(true, 2)]);
    expect([...outputs(false, 1)]).toEqual([...outputs(false, 2)]);
  });
});

describe('gradient', () => {
  it.each(RASTER_ORDERINGS.map((ordering) => [ordering.name, ordering] as const))(
    'ResidualBlock sees all of a 5 x 5 kernel on the past and nothing else, %s',
    (_name, ordering) => {
      const layer = new ResidualBlock({ filters: 16, kernelSize: 5, form: 'centered', seed: 9 });
      const map = (maps: tf.Tensor4D) => layer.apply(maps, { view: ordering }) as tf.Tensor4D;
      const reach = (row: number, column: number) => Math.abs(row) <= 2 && Math.abs(column) <= 2;
      expectAutoregressive(map, ordering, { height: 3, width: 4, channels: 4, reach });
    },
  );
});

describe('error', () => {
  it.each([
    ['MaskedConv2D', new MaskedConv2D({ filters: 2 })],
    ['ResidualBlock', new ResidualBlock({ filters: 6 })],
    ['MaskedAttention2D', new MaskedAttention2D()],
    ['AttentionBlock', new AttentionBlock()],
  ] as const)('%s has no default view', (name, layer) => {
    expect(() => layer.apply(x())).toThrow(
      new RegExp(`^${name}: view must be 'unmasked' or an ordering .* got undefined; known`),
    );
  });

  it.each([
    [() => new MaskedConv2D({ filters: 0 }), 'MaskedConv2D: filters must be a positive integer, got 0'],
    [() => new MaskedConv2D({ filters: 1, seed: 0.5 }), 'MaskedConv2D: seed must be an integer, got 0.5'],
    [
      () => new MaskedConv2D({ filters: 1, kernelSize: 2 }),
      "MaskedConv2D: the kernel's sides must be odd, so that it has a centre, got 2 x 2",
    ],
    [
      () => new ResidualBlock({ filters: 1, normalization: 'layer' as Normalization }),
      "ResidualBlock: normalization must be one of none, batch, got 'layer'",
    ],
    [() => new ResidualBlock({ filters: 1, dropout: -0.1 }), 'ResidualBlock: dropout must be in [0, 1), got -0.1'],
    [
      () => new ResidualBlock({ filters: 2 }).apply(x()),
      "ResidualBlock: filters must be at least the input's 3 channels, got 2",
    ],
    [() => new AttentionBlock({ keySize: 0 }), 'AttentionBlock: keySize must be a positive integer or null, got 0'],
    [() => new Stem({ filters: 2, outputStride: 8 as 4 }), 'Stem: outputStride must be 1, 2 or 4, got 8'],
    [
      () => new Stem({ filters: 2, outputStride: 1, edges: true }),
      'Stem: edges need images, output stride 2 or 4, got 1',
    ],
  ])('says what was wrong: %#', (build, text) => {
    expect(build).toThrow(new RangeError(text));
  });
});
