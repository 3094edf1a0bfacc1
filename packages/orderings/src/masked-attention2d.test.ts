import {
  expectAutoregressive,
  expectGradientsClose,
  expectNoLeakedTensors,
  irregularTensor,
  useTestEngine,
} from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  hilbertOrdering,
  maskedAttention2d,
  randomOrdering,
  RASTER_ORDERINGS,
  type Ordering,
  type View,
} from './index.js';

beforeAll(useTestEngine);

const [N, H, W, D, E] = [2, 2, 3, 4, 5];
const query = () => irregularTensor<tf.Rank.R4>([N, H, W, D], 1);
const key = () => irregularTensor<tf.Rank.R4>([N, H, W, D], 2);
const value = () => irregularTensor<tf.Rank.R4>([N, H, W, E], 3);

/** The definition by loops: exp(q.k / sqrt(D)) over what may be seen, divided by its sum. */
function byLoops(turns: Int32Array | undefined, includeCenter: boolean): number[] {
  const [q, k, v] = [query(), key(), value()].map((map) => map.arraySync().map((image) => image.flat()));
  const out: number[] = [];
  for (let n = 0; n < N; n++) {
    for (let p = 0; p < H * W; p++) {
      const seen = q[n].map((_, o) => turns === undefined || turns[o] < turns[p] || (o === p && includeCenter));
      const weights = q[n].map((_, o) => {
        const dot = q[n][p].reduce((sum, one, d) => sum + one * k[n][o][d], 0);
        return seen[o] ? Math.exp(dot / Math.sqrt(D)) : 0;
      });
      const total = weights.reduce((sum, one) => sum + one, 0);
      for (let e = 0; e < E; e++) {
        out.push(total === 0 ? 0 : weights.reduce((sum, one, o) => sum + one * v[n][o][e], 0) / total);
      }
    }
  }
  return out;
}

describe('value', () => {
  it.each([
    ['top-left-row', RASTER_ORDERINGS[0]],
    ['bottom-right-column', RASTER_ORDERINGS[7]],
    ['random:4', randomOrdering(4)],
    ['unmasked', 'unmasked'],
  ] as const)('equals the softmax over what may be seen, %s, in chunks of any size', (_name, view) => {
    for (const includeCenter of view === 'unmasked' ? [true] : [true, false]) {
      const expected = byLoops(view === 'unmasked' ? undefined : view.rank(H, W), includeCenter);
      for (const chunkSize of [undefined, 1, 4]) {
        const actual = maskedAttention2d(query(), key(), value(), view, { includeCenter, chunkSize }).dataSync();
        actual.forEach((one, i) => expect(one).toBeCloseTo(expected[i], 5)); // float32
      }
    }
  });

  it('gives zeros to the position that may see nothing', () => {
    const y = maskedAttention2d(query(), key(), value(), RASTER_ORDERINGS[0], { includeCenter: false });
    expect([...tf.slice(y, [0, 0, 0, 0], [1, 1, 1, E]).dataSync()]).toEqual([0, 0, 0, 0, 0]);
  });

  it('masks the logits, not the weights: equal values come out as they are', () => {
    const y = maskedAttention2d(query(), key(), tf.onesLike(value()), RASTER_ORDERINGS[5]);
    y.dataSync().forEach((one) => expect(one).toBeCloseTo(1, 6)); // float32
  });

  it('keeps to the mask at logits as large as float32 holds in an exponent', () => {
    const large = tf.mul(query(), 1e4) as tf.Tensor4D;
    const y = maskedAttention2d(large, large, value(), RASTER_ORDERINGS[0]).dataSync();
    const own = value().dataSync();
    // A softmax of one logit is one up to rounding.
    for (let e = 0; e < E; e++) expect(y[e]).toBeCloseTo(own[e], 6);
    expect(y.every(Number.isFinite)).toBe(true);
  });
});

describe('gradient', () => {
  it.each([
    ['hilbert', hilbertOrdering()],
    ['unmasked', 'unmasked'],
  ] as const)('is that of central differences, %s', (_name, view) => {
    const small = [1, 2, 3, 2] as [number, number, number, number];
    const xs = [1, 2, 3].map((phase) => irregularTensor<tf.Rank.R4>(small, phase)) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    for (const includeCenter of [true, false]) {
      expectGradientsClose((q, k, v) => maskedAttention2d(q, k, v, view, { includeCenter, chunkSize: 4 }), xs);
    }
  });

  it.each(
    [...RASTER_ORDERINGS, hilbertOrdering(), randomOrdering(2)].map((ordering) => [ordering.name, ordering] as const),
  )('shows the values of all the past and of nothing else, %s', (_name, ordering: Ordering) => {
    const [q, k] = [1, 2].map((phase) => irregularTensor<tf.Rank.R4>([1, 2, 4, 3], phase));
    for (const includeCenter of [true, false]) {
      expectAutoregressive((v) => maskedAttention2d(q, k, v, ordering, { includeCenter }), ordering, {
        height: 2,
        width: 4,
        channels: 2,
        includeCenter,
      });
    }
  });
});

describe('error', () => {
  it('names all three shapes', () => {
    expect(() => maskedAttention2d(query(), key(), tf.zeros([N, H, W + 1, E]), RASTER_ORDERINGS[0])).toThrow(
      new RangeError(
        'maskedAttention2d: query and key must be [N,H,W,D] and value [N,H,W,E], got [2,2,3,4], [2,2,3,4] and [2,2,4,5]',
      ),
    );
  });

  it('refuses a view that is none and a chunk of nothing', () => {
    expect(() => maskedAttention2d(query(), key(), value(), 'causal' as View)).toThrow(
      /^maskedAttention2d: view must be .* got 'causal'; known/,
    );
    expect(() => maskedAttention2d(query(), key(), value(), 'unmasked', { chunkSize: 0 })).toThrow(
      new RangeError('maskedAttention2d: chunkSize must be a positive integer, got 0'),
    );
  });
});

describe('memory', () => {
  it('leaves one tensor, and the gradients', () => {
    const xs = [query(), key(), value()];
    const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
      maskedAttention2d(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, RASTER_ORDERINGS[0], { chunkSize: 4 });
    expectNoLeakedTensors(() => attend(xs[0], xs[1], xs[2]), 1);
    expectNoLeakedTensors(() => tf.grads(attend)(xs), 3);
  });
});
