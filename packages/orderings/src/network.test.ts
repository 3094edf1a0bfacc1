import { dependenceOf, expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNetwork, RASTER_ORDERINGS, type NetworkOptions, type SavedWeight, type View } from './index.js';

beforeAll(useTestEngine);

const SMALL: NetworkOptions = { channels: 3, stemChannels: 4, heads: { main: 3 }, seed: 1 };
const images = (shape: [number, number, number, number]) => irregularTensor<tf.Rank.R4>(shape, 9);

describe('shape', () => {
  it.each([
    [1, 7, 9, 7, 9],
    [2, 13, 18, 7, 9],
    [2, 1, 2, 1, 1],
    [4, 13, 18, 4, 5],
    [4, 3, 17, 1, 5],
  ] as const)('at output stride %i takes %i x %i pixels to %i x %i positions', (outputStride, height, width, h, w) => {
    const network = createNetwork({ ...SMALL, outputStride, heads: { main: 3, over: 5 } });
    const { features, logits } = network.forward(images([2, height, width, 3]), RASTER_ORDERINGS[3]);
    expect(features.shape).toEqual([2, h, w, 4 * 2 * 2]);
    expect(logits['main'].shape).toEqual([2, height, width, 3]);
    expect(logits['over'].shape).toEqual([2, height, width, 5]);
  });

  it('gives features of the size asked for, without heads too', () => {
    const network = createNetwork({ ...SMALL, heads: {}, featureSize: 6, blocks: 1 });
    const { features, logits } = network.forward(images([1, 6, 8, 3]), 'unmasked');
    expect(features.shape).toEqual([1, 3, 4, 6]);
    expect(logits).toEqual({});
  });
});

describe('value', () => {
  it('is forward = decode of encode of stem', () => {
    const network = createNetwork(SMALL);
    const x = images([1, 9, 7, 3]);
    const whole = network.forward(x, RASTER_ORDERINGS[5]);
    const features = network.encode(network.stem(x), RASTER_ORDERINGS[5]);
    expect([...features.dataSync()]).toEqual([...whole.features.dataSync()]);
    expect([...network.decode(features, [9, 7])['main'].dataSync()]).toEqual([...whole.logits['main'].dataSync()]);
  });

  it('draws the same weights from the same seed and others from another', () => {
    const weights = (seed: number) => createNetwork({ ...SMALL, seed }).save().weights;
    expect(weights(5)).toEqual(weights(5));
    expect(weights(5)['block_1/masked_kernel'].data).not.toEqual(weights(6)['block_1/masked_kernel'].data);
  });

  it('draws kernels within the bound of Glorot and sets biases to zero', () => {
    const { weights } = createNetwork(SMALL).save();
    const { shape, data } = weights['block_1/masked_kernel'];
    expect(shape).toEqual([3, 3, 4, 8]);
    const bound = Math.sqrt(6 / (9 * (4 + 8)));
    const sizes = Array.from(data, Math.abs);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(bound);
    expect(Math.max(...sizes)).toBeGreaterThan(0.95 * bound);
    expect(new Set(weights['block_1/masked_bias'].data)).toEqual(new Set([0]));
  });

  it('follows the batch statistics in training and uses the running ones in inference', () => {
    const network = createNetwork(SMALL);
    const x = images([2, 8, 8, 3]);
    const before = network.stem(x).dataSync();
    const trained = network.stem(x, { training: true }).dataSync();
    expect([...trained]).not.toEqual([...before]);
    const after = network.stem(x).dataSync();
    expect([...after]).not.toEqual([...before]);
    for (let i = 0; i < 200; i++) network.stem(x, { training: true });
    // 0.9^200 of the first statistics is left: 7e-10
    network
      .stem(x)
      .dataSync()
      .forEach((value, i) => expect(value).toBeCloseTo(trained[i], 4));
  });

  it('comes back from what it saved', () => {
    const network = createNetwork({ ...SMALL, normalization: 'batch' });
    network.forward(images([1, 8, 8, 3]), 'unmasked', { training: true });
    const again = createNetwork({ ...network.config, seed: 99 });
    again.load(JSON.parse(JSON.stringify(network.save()), reviveArrays));
    const logits = (one: typeof network) =>
      one.forward(images([1, 8, 8, 3]), RASTER_ORDERINGS[2]).logits['main'].dataSync();
    expect([...logits(again)]).toEqual([...logits(network)]);
  });
});

/** Float32Array comes out of JSON as an object of indices. */
function reviveArrays(key: string, value: unknown): unknown {
  return key === 'data' ? Float32Array.from(Object.values(value as Record<string, number>)) : value;
}

describe('gradient', () => {
  it.each(RASTER_ORDERINGS.map((ordering) => [ordering.name, ordering] as const))(
    'shows the masked part nothing after a position, %s',
    (_name, ordering) => {
      const network = createNetwork({ ...SMALL, normalization: 'batch' });
      const [height, width] = [5, 4];
      const turns = ordering.rank(height, width);
      const dependence = dependenceOf((maps) => network.encode(maps, ordering), { height, width, channels: 4 });
      dependence.forEach((seen, query) => {
        expect(seen[query], 'a position sees itself').toBe(true);
        const future = seen.filter((one, position) => one && turns[position] > turns[query]);
        expect(future, `what position ${query} sees of the future`).toEqual([]);
      });
    },
  );

  it('reaches every variable in training', () => {
    const network = createNetwork({ ...SMALL, normalization: 'batch', featureSize: 5 });
    const { grads } = tf.variableGrads(() => {
      const { logits } = network.forward(images([2, 8, 10, 3]), RASTER_ORDERINGS[1], { training: true });
      return tf.mean(tf.square(logits['main'])) as tf.Scalar;
    }, network.variables as tf.Variable[]);
    for (const { name } of network.variables) {
      const sizes = tf.abs(grads[name]).dataSync();
      expect(Math.max(...sizes), name).toBeGreaterThan(0);
    }
  });
});

describe('error', () => {
  it('reports every fault of the options at once', () => {
    expect(() =>
      createNetwork({
        channels: 0,
        heads: { main: 1.5 },
        outputStride: 3 as 2,
        dropout: 1,
        attention: [3, 3],
        dilations: [1, 2, 4],
        contextSize: 4,
        seed: NaN,
      }),
    ).toThrow(
      new RangeError(
        'createNetwork: channels must be a positive integer, got 0; heads.main must be a positive integer, got 1.5; ' +
          'outputStride must be 1, 2 or 4, got 3; attention must name blocks from 1 to 2, each once, got [3,3]; ' +
          'dilations must be 2 positive integers, one a block, or none, got [1,2,4]; ' +
          'contextSize must be 0 or an odd integer, got 4; dropout must be in [0, 1), got 1; seed must be an integer, got NaN',
      ),
    );
  });

  it('refuses a view that is none', () => {
    expect(() => createNetwork(SMALL).forward(images([1, 8, 8, 3]), 'none' as View)).toThrow(
      /^forward: view must be 'unmasked' or an ordering .* got 'none'; known raster orderings: top-left-row, /,
    );
  });

  it('refuses images of other channels', () => {
    expect(() => createNetwork(SMALL).stem(images([1, 8, 8, 4]))).toThrow(
      new RangeError('stem: the input must be [N,H,W,3], got [1,8,8,4]'),
    );
  });

  it('asks for a generator where dropout has something to draw', () => {
    const network = createNetwork({ ...SMALL, dropout: 0.25 });
    expect(() => network.forward(images([1, 8, 8, 3]), 'unmasked', { training: true })).toThrow(
      new RangeError('ResidualBlock: dropout 0.25 needs a random generator in training, got none; pass { random }'),
    );
  });

  it('takes what was saved before an option existed as saved with its default', () => {
    const { config, weights } = createNetwork({ ...SMALL, seed: 8 }).save();
    const { kernelSize: _, ...older } = config;
    const network = createNetwork(SMALL);
    network.load({ config: older as typeof config, weights });
    expect(network.save().weights).toEqual(weights);
    expect(() => createNetwork({ ...SMALL, kernelSize: 5 }).load({ config: older as typeof config, weights })).toThrow(
      new RangeError('load: this network is not the saved one: kernelSize is 5 here and 3 there'),
    );
  });

  it('names the options that differ from the saved ones', () => {
    const saved = createNetwork(SMALL).save();
    expect(() => createNetwork({ ...SMALL, stemChannels: 8 }).load(saved)).toThrow(
      new RangeError('load: this network is not the saved one: stemChannels is 8 here and 4 there'),
    );
  });

  it('names the weights that do not fit, and changes none', () => {
    const network = createNetwork(SMALL);
    const before = network.save();
    const weights: Record<string, SavedWeight> = {
      ...before.weights,
      'decoder/main_bias': { shape: [2], data: new Float32Array(2) },
      extra: before.weights['stem/normalization_scale'],
    };
    delete weights['block_1/masked_bias'];
    expect(() => network.load({ config: before.config, weights })).toThrow(
      new RangeError(
        "load: weight 'block_1/masked_bias' [8] is missing; weight 'decoder/main_bias' must be [3], got [2] with 2 values; " +
          "weight 'extra' is unknown here",
      ),
    );
    expect(network.save()).toEqual(before);
  });
});

describe('memory', () => {
  it('leaves its outputs only, and nothing once disposed', () => {
    const start = tf.memory().numTensors;
    const network = createNetwork({ ...SMALL, normalization: 'batch' });
    const x = images([1, 8, 8, 3]);
    expectNoLeakedTensors(() => network.forward(x, RASTER_ORDERINGS[0], { training: true }), 2);
    expectNoLeakedTensors(() => network.stem(x), 1);
    x.dispose();
    network.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });
});
