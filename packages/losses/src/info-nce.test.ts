import * as tf from '@tensorflow/tfjs-core';
import { useTestEngine } from '@autoregseg/testing';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect, it } from 'vitest';
import { infoNce } from './index.js';
import { sampleCandidates } from './info-nce-candidates.js';

type Shape = [number, number, number, number];
interface Case {
  temperature: number;
  halfWindow: number;
  negatives: number;
  chunkSize: number;
  mask?: number[];
}

const SHAPE: Shape = [2, 3, 4, 3];
const MASK = [1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1];
const CASES: Case[] = [
  { temperature: 0.5, halfWindow: 0, negatives: 100, chunkSize: 100 },
  { temperature: 0.2, halfWindow: 0, negatives: 100, chunkSize: 5 },
  { temperature: 1, halfWindow: 1, negatives: 7, chunkSize: 10 },
  { temperature: 0.7, halfWindow: 2, negatives: 100, chunkSize: 24 },
  { temperature: 0.5, halfWindow: 1, negatives: 9, chunkSize: 7, mask: MASK },
  // exp(-2 / temperature) is nothing in float32
  { temperature: 0.02, halfWindow: 1, negatives: 9, chunkSize: 7, mask: MASK },
];

beforeAll(useTestEngine);

const value = async (scalar: tf.Tensor) => (await scalar.data())[0];

function random(shape: Shape, seed: number): number[] {
  const generator = xoroshiro128plus(seed);
  return Array.from({ length: shape.reduce((a, b) => a * b) }, () => 4 * uniformFloat64(generator) - 2);
}

const withMask = ({ mask, ...options }: Case) => (mask ? { ...options, mask: tf.tensor3d(mask, [2, 3, 4]) } : options);

/** The definition, in float64: every anchor, every displacement, every candidate, every feature. */
function reference(a: number[], b: number[], [n, h, w, d]: Shape, { temperature, halfWindow, negatives, mask }: Case) {
  const counts = (position: number) => mask?.[position] !== 0;
  const score = (i: number, j: number) => {
    let [dot, left, right] = [0, 0, 0];
    for (let k = 0; k < d; k++) {
      dot += a[i * d + k] * b[j * d + k];
      left += a[i * d + k] ** 2;
      right += b[j * d + k] ** 2;
    }
    return Math.exp(dot / Math.sqrt(left * right) / temperature);
  };
  const candidates = [...sampleCandidates(n * h * w, negatives, 0)].filter(counts);
  const losses: number[] = [];
  for (let i = 0; i < n * h * w; i++) {
    if (!counts(i)) continue;
    const [image, row, column] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    let sum = 0;
    for (const j of candidates) {
      const near =
        Math.floor(j / (h * w)) === image &&
        Math.abs((Math.floor(j / w) % h) - row) <= halfWindow &&
        Math.abs((j % w) - column) <= halfWindow;
      if (!near) sum += score(i, j);
    }
    for (let r = row - halfWindow; r <= row + halfWindow; r++) {
      for (let c = column - halfWindow; c <= column + halfWindow; c++) {
        const j = (image * h + r) * w + c;
        if (r < 0 || r >= h || c < 0 || c >= w || !counts(j)) continue;
        losses.push(-Math.log(score(i, j) / (score(i, j) + sum)));
      }
    }
  }
  return losses.reduce((total, loss) => total + loss, 0) / losses.length;
}

describe('shape', () => {
  it('is a scalar for maps and for rows', () => {
    const [map, rows] = [tf.ones<tf.Rank.R4>([1, 3, 5, 2]), tf.ones<tf.Rank.R2>([6, 2])];
    expect(infoNce(map, map, { halfWindow: 1 }).shape).toEqual([]);
    expect(infoNce(rows, rows).shape).toEqual([]);
  });
});

describe('value', () => {
  it.each(CASES)('is that of the definition for %o', async (options) => {
    const [a, b] = [1, 2].map((seed) => random(SHAPE, seed));
    const computed = infoNce(tf.tensor4d(a, SHAPE), tf.tensor4d(b, SHAPE), withMask(options));
    // float32 against float64
    expect(await value(computed)).toBeCloseTo(reference(a, b, SHAPE, options), 5);
  });

  it('is log(1 + 3 / e) for four orthogonal rows that match', async () => {
    const rows = tf.oneHot(tf.tensor1d([0, 1, 2, 3], 'int32'), 4, 1, 0, 'float32') as tf.Tensor2D;
    expect(await value(infoNce(rows, rows, { temperature: 1 }))).toBeCloseTo(Math.log(1 + 3 / Math.E), 6);
  });

  it('is log of the number of positions where all features are alike', async () => {
    const same = tf.ones<tf.Rank.R4>([2, 3, 4, 5]);
    expect(await value(infoNce(same, same))).toBeCloseTo(Math.log(24), 5);
  });

  it('does not depend on the length of features', async () => {
    const [a, b] = [3, 4].map((seed) => tf.tensor4d(random(SHAPE, seed), SHAPE));
    const options = { halfWindow: 1 };
    const other = infoNce(tf.mul<tf.Tensor4D>(a, 7), tf.mul<tf.Tensor4D>(b, 0.1), options);
    expect(await value(other)).toBeCloseTo(await value(infoNce(a, b, options)), 5);
  });

  it('does not depend on the size of chunks', async () => {
    const [a, b] = [5, 6].map((seed) => tf.tensor4d(random(SHAPE, seed), SHAPE));
    const [whole, parts] = [24, 5].map((chunkSize) => infoNce(a, b, { halfWindow: 1, chunkSize }));
    expect(await value(parts)).toBeCloseTo(await value(whole), 5);
  });

  it('draws candidates once each, from all parts of the batch, by the seed', () => {
    const drawn = sampleCandidates(1000, 10, 1);
    drawn.forEach((position, stretch) => expect(Math.floor(position / 100)).toBe(stretch));
    expect(sampleCandidates(1000, 10, 1)).toEqual(drawn);
    expect(sampleCandidates(1000, 10, 2)).not.toEqual(drawn);
  });

  it('is 0 where the mask leaves nothing', async () => {
    const map = tf.tensor4d(random(SHAPE, 7), SHAPE);
    expect(await value(infoNce(map, map, { mask: tf.zeros([2, 3, 4]) }))).toBe(0);
  });
});

describe('gradient', () => {
  it.each(CASES)('is that of the definition for %o', async (options) => {
    const inputs = [8, 9].map((seed) => random(SHAPE, seed));
    const computed = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      infoNce(a as tf.Tensor4D, b as tf.Tensor4D, withMask(options)),
    )(inputs.map((x) => tf.tensor4d(x, SHAPE)));
    for (const which of [0, 1]) {
      const gradient = await computed[which].data();
      inputs[which].forEach((_, index) => {
        const [ahead, behind] = [1e-4, -1e-4].map((step) => {
          const moved = inputs.map((x, view) => x.map((y, i) => (view === which && i === index ? y + step : y)));
          return reference(moved[0], moved[1], SHAPE, options);
        });
        // central differences in float64 are good to 1e-8; float32 to about 1e-6 of values below 1
        expect(gradient[index]).toBeCloseTo((ahead - behind) / 2e-4, 5);
      });
    }
  });

  it('is made along with the value: three products of matrices for each chunk', async () => {
    const [a, b] = [11, 12].map((seed) => tf.tensor4d(random(SHAPE, seed), SHAPE));
    const { kernels } = await tf.profile(() =>
      tf.grads((x: tf.Tensor, y: tf.Tensor) => infoNce(x as tf.Tensor4D, y as tf.Tensor4D, { chunkSize: 12 }))([a, b]),
    );
    expect(kernels.filter(({ name }) => name === 'BatchMatMul')).toHaveLength(2 * 3);
  });

  it('is zero where windows leave no candidate', async () => {
    for (const temperature of [0.1, 0.06, 0.05, 1e-3]) {
      const [a, b] = [11, 12].map((seed) => tf.tensor4d(random([2, 2, 2, 3], seed), [2, 2, 2, 3]));
      const mask = tf.tensor3d([1, 1, 1, 1, 0, 0, 0, 0], [2, 2, 2]);
      const gradient = tf.grad((x: tf.Tensor) => infoNce(x as tf.Tensor4D, b, { temperature, halfWindow: 1, mask }))(a);
      expect(Math.max(...(await tf.abs(gradient).data()))).toBeLessThan(1e-9);
    }
  });

  it('is finite where features are zero and where the temperature is low', async () => {
    const some = tf.tensor4d(random(SHAPE, 10), SHAPE);
    const zeros = tf.zeros<tf.Rank.R4>(SHAPE);
    for (const [a, b] of [
      [some, zeros],
      [some, some],
    ]) {
      const gradient = tf.grad((x: tf.Tensor) => infoNce(x as tf.Tensor4D, b, { temperature: 1e-3 }))(a);
      expect([...(await gradient.data())].every(Number.isFinite)).toBe(true);
    }
  });
});

describe('error', () => {
  const map = () => tf.ones<tf.Rank.R4>([2, 8, 6, 3]);
  it.each([
    [
      'maps of different shapes',
      () => infoNce(map(), tf.ones([2, 8, 6, 4])),
      'infoNce: a and b must have the same shape, got [2,8,6,3] and [2,8,6,4]',
    ],
    [
      'maps of another rank',
      () => infoNce(tf.ones([2, 3, 4]) as tf.Tensor as tf.Tensor4D, map()),
      'infoNce: a and b must be [N,D] or [N,H,W,D], got [2,3,4] and [2,8,6,3]',
    ],
    [
      'a window that reaches over the map',
      () => infoNce(map(), map(), { halfWindow: 6 }),
      'infoNce: halfWindow must be an integer from 0 to 5 on maps of 8 x 6, got 6',
    ],
    [
      'a temperature of 0',
      () => infoNce(map(), map(), { temperature: 0 }),
      'infoNce: temperature must be a finite number > 0, got 0',
    ],
    [
      'no negatives',
      () => infoNce(map(), map(), { negatives: 0 }),
      'infoNce: negatives must be a positive integer, got 0',
    ],
    [
      'half a chunk',
      () => infoNce(map(), map(), { chunkSize: 0.5 }),
      'infoNce: chunkSize must be a positive integer, got 0.5',
    ],
    [
      'a mask of another shape',
      () => infoNce(map(), map(), { mask: tf.ones([2, 8, 8]) }),
      'infoNce: mask must be [N,H,W] = [2,8,6], got [2,8,8]',
    ],
  ])('refuses %s', (_, call, text) => {
    expect(call).toThrow(new RangeError(text));
  });
});

describe('memory', () => {
  it.each(CASES)('leaves one tensor, and one for each gradient: %o', (options) => {
    const [a, b] = [11, 12].map((seed) => tf.tensor4d(random(SHAPE, seed), SHAPE));
    const all = withMask(options);
    const before = tf.memory().numTensors;
    infoNce(a, b, all);
    expect(tf.memory().numTensors - before).toBe(1);
    tf.grads((x: tf.Tensor, y: tf.Tensor) => infoNce(x as tf.Tensor4D, y as tf.Tensor4D, all))([a, b]);
    expect(tf.memory().numTensors - before).toBe(3);
  });

  it('grows with the number of positions, not with its square', async () => {
    const peak = async (count: number) => {
      const [a, b] = [13, 14].map((seed) => tf.tensor4d(random([count, 16, 16, 4], seed), [count, 16, 16, 4]));
      const { peakBytes } = await tf.profile(() =>
        tf.grads((x: tf.Tensor, y: tf.Tensor) =>
          infoNce(x as tf.Tensor4D, y as tf.Tensor4D, { negatives: 64, chunkSize: 128 }),
        )([a, b]),
      );
      tf.dispose([a, b]);
      return peakBytes;
    };
    expect(await peak(4)).toBeLessThan(2.2 * (await peak(2)));
  });
});
