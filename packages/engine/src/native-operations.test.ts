import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { registerGradients } from './gradients.js';
import { boxFilter } from './native-box-filter.js';
import { startNative } from './native-engine.js';
import { subBlock, subBlockGrad } from './native-sub-block.js';
import { tapConvolution, tapFilterGrad } from './native-tap-convolution.js';

const native = await startNative();
const without = ['BoxFilter', 'TapConvolution', 'ResidualSubBlock'].filter((name) => !tf.getKernel(name, 'tensorflow'));
const absent =
  'why' in native
    ? `: not run, ${native.why}; ${native.cure}`
    : without.length > 0
      ? `: not run, this addon has no ${without.join(', ')} on this processor`
      : '';

type Tensors = readonly tf.Tensor[];

/** Values of plain operations, by which ours are measured: on the cpu backend, or on TensorFlow's own where maps are large. */
async function plainly(backend: 'cpu' | 'tensorflow', compute: () => Tensors): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const values = tf.tidy(() => compute().map((tensor) => tensor.dataSync<'float32'>().slice()));
  await tf.setBackend('tensorflow');
  return values;
}

function expectEqual(actual: Tensors, expected: readonly Float32Array[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((tensor, which) => {
    const values = tensor.dataSync<'float32'>();
    expect(values).toHaveLength(expected[which].length);
    const differs = values.findIndex((value, index) => value !== expected[which][index]);
    expect([which, differs, values[differs]]).toEqual([which, -1, undefined]);
  });
}

/** Whole numbers from -2 to 2: their sums are exact in float32, in whatever order they are made. */
function seeded<R extends tf.Rank>(shape: number[], seed: number): tf.Tensor<R> {
  return tf.round(tf.randomUniform(shape as tf.ShapeMap[R], -2.4, 2.4, 'float32', seed));
}

describe.skipIf(absent)(`operations of our own in the addon${absent}`, () => {
  beforeAll(async () => {
    await registerGradients();
    await tf.setBackend('tensorflow');
  });

  afterEach(() => tf.disposeVariables());

  describe('value and gradients', () => {
    it.each([
      // Widths that no strip divides, and one below the number of rows that registers hold; channels of several slabs.
      [[2, 5, 7], 32, 64, [3, 3], [-2, -1], [8]],
      [[1, 2, 140], 32, 64, [3, 3], [-1, -2], [2, 8]],
      [[1, 3, 3], 160, 288, [3, 3], [0, -1], [0]],
      [[2, 20, 1], 32, 32, [5, 3], [-2, -1], [8, 9, 10, 11, 12, 13, 14]],
      [[1, 4, 4], 32, 32, [1, 3], [0, -1], []],
      // Many parts, on several threads, written past the caches.
      [[1, 300, 230], 32, 64, [3, 3], [-1, -1], [5, 6, 7, 8]],
    ] as const)('the convolution over some taps is that of the masked filter: maps %j, %i to %i', async (...given) => {
      const [[maps, height, width], channels, filters, [tall, wide], [top, left], masked] = given;
      const used = Array.from({ length: tall * wide }, (_, tap) => (masked.some((other) => other === tap) ? 0 : 1));
      const taps = used.flatMap((is, tap) => (is ? [tap, Math.floor(tap / wide) + top, (tap % wide) + left] : []));
      const operands = () => ({
        x: seeded<tf.Rank.R4>([maps, height, width, channels], 1),
        filter: seeded<tf.Rank.R4>([tall, wide, channels, filters], 2),
        dy: seeded<tf.Rank.R4>([maps, height, width, filters], 3),
      });
      const plain = (x: tf.Tensor, filter: tf.Tensor) => {
        const around = [[0, 0], [-top, tall - 1 + top], [-left, wide - 1 + left], [0, 0]] as [number, number][]; // prettier-ignore
        const kernel = tf.mul(filter, tf.tensor4d(used, [tall, wide, 1, 1]));
        return tf.conv2d(tf.pad(x, around) as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid');
      };
      const expected = await plainly(maps * height * width > 1000 ? 'tensorflow' : 'cpu', () => {
        const { x, filter, dy } = operands();
        return [plain(x, filter), ...tf.grads(plain)([x, filter], dy)];
      });
      tf.tidy(() => {
        const { x, filter, dy } = operands();
        const value = tapConvolution({ x, filter }, { taps, transposed: false });
        const dx = tapConvolution({ x: dy, filter }, { taps, transposed: true });
        expectEqual([value, dx, tapFilterGrad({ x, dy }, { taps, filterShape: filter.shape })], expected);
      });
    });

    it.each([
      ['of an input', [1, 1, 3], 32, 32, true],
      ['of an input with fewer channels', [2, 9, 17], 32, 96, true],
      ['of an input, channels of several slabs', [1, 5, 5], 160, 288, true],
      ['of a map that is convolved already', [2, 9, 17], 64, 96, false],
      ['in many parts, on several threads, past the caches', [1, 300, 230], 32, 64, true],
      ['of a convolved map, in many parts, past the caches', [1, 300, 230], 32, 64, false],
    ] as const)('a sub-block is its convolutions, ReLUs and sum: %s', async (...given) => {
      const [, place, narrow, channels, convolves] = given;
      const bias = (seed: number) => seeded<tf.Rank.R1>([channels], seed);
      const filter = (inputs: number, seed: number) => seeded<tf.Rank.R4>([1, 1, inputs, channels], seed);
      const weights = () => [bias(3), bias(4), filter(channels, 5), ...(convolves ? [filter(narrow, 6)] : [])];
      const operands = () => {
        const skip = seeded<tf.Rank.R4>([...place, narrow], 1);
        return { skip, x: convolves ? skip : seeded<tf.Rank.R4>([...place, channels], 2) };
      };
      const plain = (x: tf.Tensor, skip: tf.Tensor, ...[first, second, outer, inner]: tf.Tensor[]) => {
        const sums = inner === undefined ? x : tf.conv2d(x as tf.Tensor4D, inner as tf.Tensor4D, 1, 'valid');
        const reached = tf.relu(tf.add(sums, first)) as tf.Tensor4D;
        const branch = tf.relu(tf.add(tf.conv2d(reached, outer as tf.Tensor4D, 1, 'valid'), second));
        const none = [0, 0] as [number, number];
        return tf.add(tf.pad(skip, [none, none, none, [0, channels - narrow]]), branch);
      };
      const dy = () => seeded<tf.Rank.R4>([...place, channels], 9);
      const expected = await plainly(place[1] > 50 ? 'tensorflow' : 'cpu', () => {
        const { x, skip } = operands();
        if (!convolves) return [plain(x, skip, ...weights()), ...tf.grads(plain)([x, skip, ...weights()], dy())];
        const twice = (x: tf.Tensor, ...rest: tf.Tensor[]) => plain(x, x, ...rest);
        return [plain(x, x, ...weights()), ...tf.grads(twice)([x, ...weights()], dy())];
      });
      tf.tidy(() => {
        const { x, skip } = operands();
        const [firstBias, secondBias, secondFilter, firstFilter] = weights();
        const filters = { secondFilter, ...(firstFilter && { firstFilter }) };
        const inputs = { x, skip, firstBias, secondBias, ...filters };
        const [y, inner, reached] = subBlock(inputs, { keep: true });
        const [alone, ...none] = subBlock(inputs, { keep: false });
        expect(none.map(({ size }) => size)).toEqual([0, 0]);
        expect([...alone.dataSync()]).toEqual([...y.dataSync()]);
        const slopes = subBlockGrad({ dy: dy(), reached, inner, ...(convolves && { x }), ...filters }, {});
        const [dx, dFirst, dSecond, ...dFilters] = slopes;
        const ofSkip = convolves ? [] : [tf.slice(dy(), [0, 0, 0, 0], skip.shape)];
        expectEqual([y, dx, ...ofSkip, dFirst, dSecond, ...dFilters.toReversed()], expected);
      });
    });

    it.each([
      [[2, 5, 21, 4], 2],
      [[1, 4, 3, 3], 7],
      [[1, 3, 40, 70], 1],
    ])('the box filter is the mean over the window: maps %j, half window %i', async (shape, halfWindow) => {
      const window = [2 * halfWindow + 1, 2 * halfWindow + 1] as [number, number];
      const around = [[0, 0], [halfWindow, halfWindow], [halfWindow, halfWindow], [0, 0]] as [number, number][]; // prettier-ignore
      const pool = () => tf.avgPool(tf.pad(seeded<tf.Rank.R4>(shape, 1), around), window, 1, 'valid');
      const [expected] = await plainly('cpu', () => [pool()]);
      tf.tidy(() => {
        const means = boxFilter({ x: seeded(shape, 1) }, { halfWindow }).dataSync<'float32'>();
        expect(means).toHaveLength(expected.length);
        // Two divisions by a side in place of one by the area.
        means.forEach((mean, index) => expect(mean).toBeCloseTo(expected[index], 6));
      });
    });

    it('what is no number stays none', () => {
      tf.tidy(() => {
        const x = tf.mul(tf.ones([1, 1, 1, 32]), Number.NaN);
        const [filter, bias] = [tf.ones([1, 1, 32, 32]), tf.zeros([32])];
        const [y] = subBlock({ x, skip: x, firstBias: bias, secondBias: bias, secondFilter: filter }, { keep: false });
        expect(y.dataSync().every(Number.isNaN)).toBe(true);
      });
    });
  });

  describe('error', () => {
    it.each([
      [() => tapConvolution({ x: tf.ones([1, 2, 2, 8]), filter: tf.ones([1, 1, 8, 32]) }, { taps: [0, 0, 0], transposed: false }), /channels must be a multiple of 32/], // prettier-ignore
      [() => tapConvolution({ x: tf.ones([1, 2, 2, 32]), filter: tf.ones([1, 1, 32, 32]) }, { taps: [1, 0, 0], transposed: false }), /taps must be of the filter/], // prettier-ignore
      [() => tapFilterGrad({ x: tf.ones([1, 2, 2, 32]), dy: tf.ones([1, 2, 3, 32]) }, { taps: [0, 0, 0], filterShape: [1, 1, 32, 32] }), /x and dy must fit/], // prettier-ignore
      [() => subBlock({ x: tf.ones([2, 32]), skip: tf.ones([3, 32]), firstBias: tf.ones([32]), secondBias: tf.ones([32]), secondFilter: tf.ones([32, 32]) }, { keep: true }), /maps, filters and biases must fit/], // prettier-ignore
      [() => boxFilter({ x: tf.ones([2, 3]) }, { halfWindow: 1 }), /maps must be \[N,H,W,K\]/],
    ] as const)('says what does not fit, and the process lives on: %#', (call, text) => {
      tf.tidy(() => {
        expect(call).toThrow(text);
      });
    });
  });
});
