import { expectGradientsClose, expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as tfModel, sequential, type LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  diagonalOrdering,
  findCausalityViolation,
  hilbertOrdering,
  maskedConv2d,
  orderingViews,
  randomOrdering,
  RASTER_ORDERINGS,
  spiralOrdering,
  withOrderings,
  type Ordering,
  type View,
} from './index.js';
import { locallyMaskedConv2d } from './locally-masked-conv2d.js';
import { DEPTHWISE_PRODUCT, FULL_PRODUCT } from './tap-product.js';
import { turnsOf } from './turn-map.js';

beforeAll(useTestEngine);

type Layer = layers.Layer;
const seeded = (model: LayersModel) => {
  const values = model.weights.map(({ name, shape }, i) => {
    const irregular = irregularTensor(shape as number[], i + 1);
    return name.includes('variance') ? tf.abs(irregular) : irregular;
  });
  model.setWeights(values);
  return model;
};
const stack = (height: number, width: number, ...list: Layer[]) => {
  const x = input({ shape: [height, width, 2] });
  return seeded(tfModel({ inputs: x, outputs: list.reduce((y, layer) => layer.apply(y) as typeof x, x) }));
};
const conv = (options: object = {}) => layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', ...options });
const GENERAL: Ordering[] = [hilbertOrdering(), spiralOrdering(), diagonalOrdering('top-right'), randomOrdering(5)];

/** No output depends on an input after its latest turn, and some output depends on that one. */
function expectOrdered(model: LayersModel, orderings: readonly Ordering[], height: number, width: number) {
  const ordered = withOrderings(model);
  for (const ordering of orderings) {
    const latest = ordered.latestTurns(ordering, height, width);
    const map = (x: tf.Tensor4D, view: View) => ordered.apply(x, { view }) as tf.Tensor4D;
    const options = { height, width, channels: 2, latest };
    expect(findCausalityViolation(map, ordering, options), ordering.name).toBeNull();
    // One turn earlier is too early: the bound is tight.
    const earlier = { ...latest, turns: latest.turns.map((turn) => turn - 1) };
    const early = { ...options, latest: earlier };
    expect(findCausalityViolation(map, ordering, early), `${ordering.name} is tight`).not.toBeNull();
  }
}

describe('shape', () => {
  it('is that of the model, for maps and for pooled outputs', () => {
    const model = stack(8, 6, conv({ strides: 2 }), layers.globalAveragePooling2d({}), layers.dense({ units: 4 }));
    const ordered = withOrderings(model);
    expect(ordered.apply(tf.ones([2, 8, 6, 2]), { view: RASTER_ORDERINGS[0] }).shape).toEqual([2, 4]);
  });
});

describe('value', () => {
  it('is maskedConv2d in the centered form, bias and activation included', () => {
    const model = stack(4, 5, conv({ activation: 'relu' }));
    const [kernel, bias] = model.getWeights() as [tf.Tensor4D, tf.Tensor1D];
    const x = irregularTensor<tf.Rank.R4>([2, 4, 5, 2], 9);
    for (const view of [...RASTER_ORDERINGS, ...GENERAL]) {
      const expected = maskedConv2d(x, kernel, view, { bias, form: 'centered', activation: 'relu' }).dataSync();
      const actual = withOrderings(model).apply(x, { view }).dataSync();
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5)); // float32, other order of sums
    }
  });

  it('is the model itself unmasked, and so is predict', () => {
    const model = stack(5, 4, conv({ strides: 2 }), conv({ dilationRate: 2 }));
    const ordered = withOrderings(model);
    const x = irregularTensor<tf.Rank.R4>([1, 5, 4, 2], 3);
    const expected = [...(model.predict(x) as tf.Tensor).dataSync()];
    expect([...ordered.apply(x, { view: 'unmasked' }).dataSync()]).toEqual(expected);
    expect([...(ordered.predict(x) as tf.Tensor).dataSync()]).toEqual(expected);
    expect(ordered.trainableWeights).toEqual(model.trainableWeights);
  });

  it('shares its weights with the model', () => {
    const model = stack(3, 3, conv());
    const ordered = withOrderings(model);
    model.setWeights([tf.zeros([3, 3, 2, 3]), tf.ones([3])]);
    const y = ordered.apply(tf.ones([1, 3, 3, 2]), { view: RASTER_ORDERINGS[3] });
    expect([...y.dataSync()].every((value) => value === 1)).toBe(true);
  });

  it('strides: is every second position of the stride 1 map, from where TensorFlow starts', () => {
    const model = stack(6, 7, conv({ strides: 2, useBias: false }));
    const [kernel] = model.getWeights() as [tf.Tensor4D];
    const x = irregularTensor<tf.Rank.R4>([1, 6, 7, 2], 9);
    for (const view of [RASTER_ORDERINGS[0], RASTER_ORDERINGS[5], ...GENERAL]) {
      const every = maskedConv2d(x, kernel, view, { form: 'centered' }).arraySync()[0];
      const actual = (withOrderings(model).apply(x, { view }) as tf.Tensor4D).arraySync()[0];
      // 6 rows: nothing is padded at the top, centres at 1, 3, 5; 7 columns: one on either side, centres at 0, 2, 4, 6
      actual.forEach((line, i) =>
        line.forEach((values, j) =>
          values.forEach((value, k) => expect(value).toBeCloseTo(every[2 * i + 1][2 * j][k], 5)),
        ),
      );
    }
  });

  it.each([
    ['plain', () => conv({ dilationRate: [2, 3], useBias: false }), FULL_PRODUCT],
    ['depthwise', () => depthwise({ dilationRate: [2, 3], useBias: false }), DEPTHWISE_PRODUCT],
  ] as const)('dilation is the sum over taps, each masked where it lies: %s', (_kind, layer, product) => {
    const model = stack(7, 8, layer());
    const [kernel] = model.getWeights() as [tf.Tensor4D];
    const x = irregularTensor<tf.Rank.R4>([2, 7, 8, 2], 9);
    for (const view of [...RASTER_ORDERINGS, ...GENERAL]) {
      const { turns } = turnsOf(view, 7, 8);
      const options = { includeCenter: true, dilation: [2, 3] as const, product };
      const expected = locallyMaskedConv2d(x, kernel, turns, options).dataSync();
      const actual = withOrderings(model).apply(x, { view }).dataSync();
      expect(actual.length).toBe(expected.length);
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5)); // float32, other order of sums
    }
  });

  const depthwise = (options: object = {}) =>
    layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', ...options });
  const separable = (options: object = {}) =>
    layers.separableConv2d({ filters: 3, kernelSize: 3, padding: 'same', ...options });
  const MODELS: [string, () => Layer[], number, number][] = [
    ['two convolutions', () => [conv({ activation: 'tanh' }), conv()], 4, 5],
    ['a valid convolution', () => [conv({ padding: 'valid' })], 5, 6],
    ['strides', () => [conv({ strides: 2, activation: 'tanh' }), conv()], 6, 7],
    ['dilation', () => [conv({ dilationRate: 2 })], 6, 6],
    ['a valid dilation', () => [conv({ dilationRate: [2, 1], padding: 'valid' }), conv()], 7, 5],
    ['a depthwise convolution', () => [depthwise(), conv()], 4, 5],
    ['a dilated depthwise convolution', () => [depthwise({ dilationRate: [1, 3] }), conv()], 4, 7],
    ['a strided depthwise convolution', () => [depthwise({ strides: 2 })], 6, 5],
    ['a separable convolution', () => [separable()], 4, 5],
    ['a pool between convolutions', () => [conv({ activation: 'tanh' }), layers.averagePooling2d({}), conv()], 6, 8],
    ['an overlapping pool', () => [layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), conv()], 6, 6],
    ['patches', () => [conv({ kernelSize: 2, strides: 2, padding: 'valid' }), conv()], 6, 6],
    ['padding by a layer', () => [layers.zeroPadding2d({ padding: [[1, 0], [0, 1]] }), conv({ padding: 'valid', strides: 2 })], 6, 6],
    ['cropping', () => [conv(), layers.cropping2D({ cropping: [[1, 0], [0, 2]] }), conv()], 5, 6],
    ['upsampling', () => [conv({ strides: 2 }), layers.upSampling2d({}), conv()], 4, 6],
    ['normalisation, dropout and activations', () => [conv(), layers.batchNormalization(), layers.dropout({ rate: 0.5 }), layers.leakyReLU(), layers.dense({ units: 2 })], 3, 4],
  ]; // prettier-ignore

  it.each(MODELS)('lets no position depend on a later turn: %s', (_name, make, height, width) => {
    expectOrdered(
      stack(height, width, ...make()),
      [RASTER_ORDERINGS[0], RASTER_ORDERINGS[7], ...GENERAL],
      height,
      width,
    );
  });

  it('follows skips, joins, shared layers and models inside of models', () => {
    const x = input({ shape: [5, 6, 2] });
    const shared = conv({ filters: 2, activation: 'tanh' });
    const inner = sequential({
      layers: [layers.conv2d({ inputShape: [5, 6, 2], filters: 2, kernelSize: 3, padding: 'same' })],
    });
    const once = shared.apply(x) as typeof x;
    const twice = shared.apply(once) as typeof x;
    const sum = layers.add().apply([x, twice]) as typeof x;
    const joined = layers.concatenate().apply([sum, inner.apply(once) as typeof x]) as typeof x;
    const model = seeded(tfModel({ inputs: x, outputs: conv().apply(joined) as typeof x }));
    expectOrdered(model, [RASTER_ORDERINGS[2], hilbertOrdering()], 5, 6);
    const map = irregularTensor([1, 5, 6, 2], 4);
    const unmasked = withOrderings(model).apply(map, { view: 'unmasked' }).dataSync();
    expect([...unmasked]).toEqual([...(model.predict(map) as tf.Tensor).dataSync()]);
  });

  it('counts causality from the output of the last unmasked layer on', () => {
    const model = stack(4, 6, layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', name: 'stem' }), conv());
    const ordered = withOrderings(model, { unmasked: ['stem'] });
    const map = (x: tf.Tensor4D, view: View) => ordered.apply(x, { view }) as tf.Tensor4D;
    const size = { height: 4, width: 6, channels: 2 };
    expect(findCausalityViolation(map, RASTER_ORDERINGS[0], size)).not.toBeNull();
    // The rest, on the stem's maps: the same layer under another input.
    const maps = input({ shape: [4, 6, 2] });
    const rest = tfModel({ inputs: maps, outputs: model.layers.at(-1)!.apply(maps) as typeof maps });
    expectOrdered(rest, [RASTER_ORDERINGS[0], spiralOrdering()], 4, 6);
  });

  it('gives orderingViews two looks at one input', () => {
    const ordered = withOrderings(stack(4, 4, conv()));
    const look = orderingViews((x: tf.Tensor, view) => ordered.apply(x, { view, training: true }), { seed: 1 });
    const { a, b } = look(irregularTensor([1, 4, 4, 2], 2));
    expect([...a.dataSync()]).not.toEqual([...b.dataSync()]);
  });
});

describe('gradient', () => {
  it.each([
    ['convolution', () => [conv({ filters: 2, useBias: false })]],
    ['dilated', () => [conv({ filters: 2, dilationRate: 2, useBias: false })]],
    ['strided', () => [conv({ filters: 2, strides: 2, useBias: false })]],
    [
      'depthwise',
      () => [layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', useBias: false })],
    ],
    [
      'strided depthwise',
      () => [layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', useBias: false })],
    ],
  ] as [string, () => Layer[]][])('is that of central differences in input and kernel, %s', (_name, make) => {
    const model = stack(4, 5, ...make());
    const ordered = withOrderings(model);
    const [kernel] = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    for (const view of [RASTER_ORDERINGS[3], hilbertOrdering()]) {
      const x = irregularTensor([1, 4, 5, 2], 5);
      expectGradientsClose((x) => ordered.apply(x, { view }), [x]);
      const scalar = () => tf.sum(tf.square(ordered.apply(x, { view }))) as tf.Scalar;
      const slopes = tf.variableGrads(scalar, [kernel]).grads[kernel.name].dataSync();
      const values = kernel.dataSync();
      for (let entry = 0; entry < values.length; entry += 5) {
        const at = (offset: number) => {
          const moved = Float32Array.from(values);
          moved[entry] += offset;
          kernel.assign(tf.tensor(moved, kernel.shape));
          return scalar().dataSync()[0];
        };
        const expected = (at(1e-2) - at(-1e-2)) / 2e-2;
        kernel.assign(tf.tensor(Float32Array.from(values), kernel.shape));
        expect(Math.abs(slopes[entry] - expected)).toBeLessThan(2e-3 * Math.max(10, Math.abs(expected)));
      }
    }
  });
});

describe('error', () => {
  it('names every layer that cannot follow, and what to do', () => {
    const model = stack(
      6,
      6,
      layers.conv2d({ filters: 2, kernelSize: 4, padding: 'same', name: 'even' }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2, name: 'up' }),
      layers.softmax({ axis: 1, name: 'rows' }),
      layers.upSampling2d({ interpolation: 'bilinear', name: 'smooth' }),
    );
    expect(() => withOrderings(model)).toThrow(
      new RangeError(
        "withOrderings: these layers cannot follow an ordering: 'even': a kernel of 4 x 4 at stride 1 x 1 has no centre; " +
          "'up': Conv2DTranspose has no mask that follows an ordering; 'rows': Softmax along axis 1, which mixes positions; " +
          "'smooth': UpSampling2D with interpolation 'bilinear'. Name them in the option unmasked (causality is then counted " +
          'from their output on), or in pointwise if they take each position by itself',
      ),
    );
    // The way out that the text names is one: the same model is taken.
    expect(() => withOrderings(model, { unmasked: ['even', 'up', 'rows', 'smooth'] })).not.toThrow();
  });

  it('asks for a view', () => {
    const ordered = withOrderings(stack(3, 3, conv()));
    expect(() => ordered.apply(tf.ones([1, 3, 3, 2]), {} as never)).toThrow(
      /^withOrderings: view must be 'unmasked' or an/,
    );
  });

  it('names a layer that the model has not', () => {
    const model = stack(3, 3, layers.conv2d({ filters: 2, kernelSize: 3, name: 'only' }));
    expect(() => withOrderings(model, { unmasked: ['stem'] })).toThrow(
      new RangeError("withOrderings: the model has no layer 'stem'; it has only"),
    );
    expect(() => withOrderings(null as never)).toThrow(
      new RangeError('withOrderings: model must be a tf.LayersModel that has been built, got null'),
    );
  });

  it('refuses a map made of what is none, when it is run', () => {
    const model = stack(2, 2, layers.flatten(), layers.reshape({ targetShape: [2, 2, 2], name: 'again' }));
    expect(() => withOrderings(model).apply(tf.ones([1, 2, 2, 2]), { view: RASTER_ORDERINGS[0] })).toThrow(
      new RangeError(
        "withOrderings: layer 'again' makes a map of what is none, so that no position has a turn; " +
          'name it in the option unmasked, and causality is counted from its output on',
      ),
    );
  });

  it('knows no latest turn of a pooled output', () => {
    const model = stack(2, 2, layers.globalMaxPooling2d({}));
    expect(() => withOrderings(model).latestTurns(RASTER_ORDERINGS[0], 2, 2)).toThrow(
      /^latestTurns: the output of '.*' is no map/,
    );
  });
});

describe('memory', () => {
  it('leaves the output, and the gradients', () => {
    const ordered = withOrderings(stack(4, 4, conv(), layers.maxPooling2d({}), conv()));
    const x = tf.ones([1, 4, 4, 2]);
    expectNoLeakedTensors(() => ordered.apply(x, { view: hilbertOrdering() }), 1);
    expectNoLeakedTensors(() => ordered.latestTurns(hilbertOrdering(), 4, 4) && undefined, 0);
    expectNoLeakedTensors(() => tf.grad((x) => ordered.apply(x, { view: RASTER_ORDERINGS[0] }))(x), 1);
  });
});
