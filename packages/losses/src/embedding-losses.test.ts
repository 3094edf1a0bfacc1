/** The losses of two-view methods against their published formulas, written as loops in float64. */
import { expectGradientsClose, expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { barlowTwins, byol, ntXent, sinkhorn, swav, vicReg, type Embeddings } from './index.js';

beforeAll(useTestEngine);

type Rows = number[][];
type Loss = (a: Embeddings, b: Embeddings) => tf.Scalar;
const [SAMPLES, FEATURES, PROTOTYPES] = [12, 3, 4];
const pooled = (phase: number) => irregularTensor<tf.Rank.R2>([SAMPLES, FEATURES], phase);
const dense = (phase: number) => tf.reshape(pooled(phase), [2, 2, 3, FEATURES]) as tf.Tensor4D;
const prototypes = () => irregularTensor<tf.Rank.R2>([PROTOTYPES, FEATURES], 5);
const rowsOf = (x: tf.Tensor): Rows => {
  const [values, width] = [[...x.dataSync()], x.shape.at(-1)!];
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
};

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;
const dot = (x: number[], y: number[]) => sum(x.map((value, k) => value * y[k]));
const unit = (x: number[]) => x.map((value) => value / Math.sqrt(dot(x, x)));
const column = (rows: Rows, k: number) => rows.map((row) => row[k]);
const covariance = (x: number[], y: number[], divisor: number) =>
  sum(x.map((value, i) => (value - mean(x)) * (y[i] - mean(y)))) / divisor;
const pairs = (size: number) => Array.from({ length: size * size }, (_, i) => [Math.floor(i / size), i % size]);

/** SimCLR, equation 1 and algorithm 1. */
function ntXentLoop(a: Rows, b: Rows, temperature: number): number {
  const z = [...a, ...b].map(unit);
  const losses = z.map((row, i) => {
    const partner = (i + a.length) % z.length;
    let denominator = 0;
    for (let k = 0; k < z.length; k++) if (k !== i) denominator += Math.exp(dot(row, z[k]) / temperature);
    return -Math.log(Math.exp(dot(row, z[partner]) / temperature) / denominator);
  });
  return mean(losses);
}

/** BYOL, equation 2. */
function byolLoop(prediction: Rows, target: Rows): number {
  return mean(prediction.map((row, i) => sum(unit(row).map((value, k) => (value - unit(target[i])[k]) ** 2))));
}

/** Barlow Twins, equations 1 and 2, on standardised features. */
function barlowTwinsLoop(a: Rows, b: Rows, lambda: number): number {
  const standard = (x: number[]) => x.map((v) => (v - mean(x)) / Math.sqrt(covariance(x, x, x.length) + 1e-5));
  const terms = pairs(FEATURES).map(([k, l]) => {
    const correlation = dot(standard(column(a, k)), standard(column(b, l))) / a.length;
    return k === l ? (1 - correlation) ** 2 : lambda * correlation ** 2;
  });
  return sum(terms);
}

/** VICReg, equations 1 to 6. */
function vicRegLoop(a: Rows, b: Rows, [invariance, variance, covarianceWeight]: number[]): number {
  const distance = mean(a.flatMap((row, i) => row.map((value, k) => (value - b[i][k]) ** 2)));
  const [v, c] = [
    (x: Rows) =>
      mean(x[0].map((_, k) => Math.max(0, 1 - Math.sqrt(covariance(column(x, k), column(x, k), x.length - 1) + 1e-4)))),
    (x: Rows) =>
      sum(
        pairs(FEATURES).map(([k, l]) =>
          k === l ? 0 : covariance(column(x, k), column(x, l), x.length - 1) ** 2 / FEATURES,
        ),
      ),
  ];
  return invariance * distance + (variance * (v(a) + v(b))) / 2 + covarianceWeight * (c(a) + c(b));
}

/** SwAV, appendix A: the listing of Sinkhorn-Knopp, on a table of one sample a row. */
function sinkhornLoop(scores: Rows, epsilon: number, iterations: number): Rows {
  let q = scores.map((row) => row.map((score) => Math.exp(score / epsilon)));
  const total = sum(q.flat());
  q = q.map((row) => row.map((value) => value / total));
  for (let round = 0; round < iterations; round++) {
    q = q.map((row) => row.map((value, k) => value / sum(column(q, k)) / row.length));
    q = q.map((row) => row.map((value) => value / sum(row) / q.length));
  }
  return q.map((row) => row.map((value) => value * q.length));
}

/** SwAV, equations 1 and 2. */
function swavLoop(a: Rows, b: Rows, temperature: number): number {
  const [p, q] = [
    (row: number[], k: number) => Math.exp(row[k] / temperature) / sum(row.map((s) => Math.exp(s / temperature))),
    (rows: Rows) => sinkhornLoop(rows, 0.05, 3),
  ];
  const told = (scores: Rows, code: Rows) =>
    mean(scores.map((row, i) => -sum(code[i].map((c, k) => c * Math.log(p(row, k))))));
  return (told(a, q(b)) + told(b, q(a))) / 2;
}

const cosines = (rows: Rows) => rows.map((row) => rowsOf(prototypes()).map((c) => dot(unit(row), unit(c))));
const METHODS: Record<string, [Loss, (a: Rows, b: Rows) => number]> = {
  ntXent: [(a, b) => ntXent(a, b, { temperature: 0.2 }), (a, b) => ntXentLoop(a, b, 0.2)],
  'ntXent by default': [ntXent, (a, b) => ntXentLoop(a, b, 0.5)],
  'ntXent in chunks': [(a, b) => ntXent(a, b, { chunkSize: 5 }), (a, b) => ntXentLoop(a, b, 0.5)],
  byol: [byol, byolLoop],
  barlowTwins: [(a, b) => barlowTwins(a, b, { lambda: 0.1 }), (a, b) => barlowTwinsLoop(a, b, 0.1)],
  'barlowTwins by default': [barlowTwins, (a, b) => barlowTwinsLoop(a, b, 0.005)],
  vicReg: [vicReg, (a, b) => vicRegLoop(a, b, [25, 25, 1])],
  'vicReg, other weights': [
    (a, b) => vicReg(a, b, { invariance: 2, variance: 3, covariance: 5 }),
    (a, b) => vicRegLoop(a, b, [2, 3, 5]),
  ],
  swav: [(a, b) => swav(a, b, { prototypes: prototypes() }), (a, b) => swavLoop(cosines(a), cosines(b), 0.1)],
  'swav of scores': [(a, b) => swav(a, b, { temperature: 0.3 }), (a, b) => swavLoop(a, b, 0.3)],
};
const methods = Object.entries(METHODS).map(([name, [loss, loop]]) => ({ name, loss, loop }));

describe('shape', () => {
  it.each(methods)('$name is a scalar of pooled and of dense embeddings', ({ loss }) => {
    expect(loss(pooled(1), pooled(2)).shape).toEqual([]);
    expect(loss(dense(1), dense(2)).shape).toEqual([]);
  });
});

describe('value', () => {
  it.each(methods)('$name is the published formula; dense: each position a sample', ({ loss, loop }) => {
    const expected = loop(rowsOf(pooled(1)), rowsOf(pooled(2)));
    // float32 against float64: six digits of the value
    const digits = 5 - Math.ceil(Math.log10(Math.abs(expected)));
    expect(loss(pooled(1), pooled(2)).dataSync()[0]).toBeCloseTo(expected, digits);
    expect(loss(dense(1), dense(2)).dataSync()[0]).toBeCloseTo(expected, digits);
  });

  it('ntXent is log(2 M - 1) when all samples are one', () => {
    expect(ntXent(tf.ones([6, 3]), tf.ones([6, 3])).dataSync()[0]).toBeCloseTo(Math.log(11), 5);
  });

  it('byol is 0 in one direction, 2 across, 4 backwards, whatever the lengths', () => {
    const along = tf.tensor2d([[3, 0]]);
    const at = (target: number[]) => byol(along, tf.tensor2d([target])).dataSync()[0];
    expect([at([5, 0]), at([0, 7]), at([-1, 0])]).toEqual([0, 2, 4]);
  });

  it('barlowTwins is 0 for equal views of features that do not correlate', () => {
    const rows = tf.tensor2d([[1, 1], [-1, 1], [1, -1], [-1, -1]]); // prettier-ignore
    expect(barlowTwins(rows, rows).dataSync()[0]).toBeCloseTo(0, 8);
  });

  it('vicReg of a collapsed representation is the variance term: 25 (1 - sqrt(1e-4))', () => {
    expect(vicReg(tf.ones([4, 8]), tf.ones([4, 8])).dataSync()[0]).toBeCloseTo(25 * 0.99, 5);
  });

  it('sinkhorn is the published listing, its rows sum to 1 and its columns become equal', () => {
    const scores = tf.mul(irregularTensor<tf.Rank.R2>([12, 4], 3), 0.3) as tf.Tensor2D;
    const expected = sinkhornLoop(rowsOf(scores), 0.05, 3);
    rowsOf(sinkhorn(scores)).forEach((row, i) =>
      row.forEach((value, k) => expect(value).toBeCloseTo(expected[i][k], 4)),
    );
    const rows = rowsOf(sinkhorn(scores, { iterations: 100 }));
    for (const row of rows) expect(sum(row)).toBeCloseTo(1, 5);
    for (const k of [0, 1, 2, 3]) expect(sum(column(rows, k))).toBeCloseTo(12 / 4, 2);
  });

  it('sinkhorn takes scores whose exponentials overflow float32', () => {
    const rows = rowsOf(sinkhorn(tf.tensor2d([[100, 90], [100, 10]]), { epsilon: 0.05 })); // prettier-ignore
    // the share x of the first prototype in the first row goes x / (2 x + 1): from 1 to 1/3, 1/5, 1/7
    expect(rows[0][0]).toBeCloseTo(1 / 7, 4);
    expect(rows[1]).toEqual([1, 0]);
  });
});

describe('gradient', () => {
  it.each(methods.filter(({ name }) => !/byol|swav/.test(name)))('$name is that of central differences', ({ loss }) => {
    expectGradientsClose((a, b) => loss(a as Embeddings, b as Embeddings), [pooled(1), pooled(2)]);
    expectGradientsClose((a, b) => loss(a as Embeddings, b as Embeddings), [dense(1), dense(2)]);
  });

  it('byol is that of central differences in the prediction, and none in the target', () => {
    expectGradientsClose((a) => byol(a as Embeddings, pooled(2)), [pooled(1)]);
    const target = tf.grad((b) => byol(pooled(1), b as Embeddings))(pooled(2));
    expect([...target.dataSync()].every((slope) => slope === 0)).toBe(true);
  });

  it('swav takes the codes for constants', () => {
    // the same cross entropy with codes made outside
    const [x, y] = [pooled(1), pooled(2)];
    const code = (scores: tf.Tensor) => sinkhorn(scores as tf.Tensor2D);
    const [q, r] = [code(x), code(y)];
    const told = (s: tf.Tensor, q: tf.Tensor) => tf.neg(tf.mean(tf.sum(tf.mul(q, tf.logSoftmax(tf.div(s, 0.1))), 1)));
    const fixed = tf.grads((a, b) => tf.div(tf.add(told(a, r), told(b, q)), 2))([x, y]);
    const actual = tf.grads((a, b) => swav(a as Embeddings, b as Embeddings))([x, y]);
    actual.forEach((slopes, i) => {
      const expected = fixed[i].dataSync();
      slopes.dataSync().forEach((slope, j) => expect(slope).toBeCloseTo(expected[j], 6));
    });
  });

  it('swav moves the prototypes', () => {
    const slopes = tf.grad((c) => swav(pooled(1), pooled(2), { prototypes: c as tf.Tensor2D }))(prototypes());
    expect(slopes.shape).toEqual([PROTOTYPES, FEATURES]);
    expect(tf.max(tf.abs(slopes)).dataSync()[0]).toBeGreaterThan(0.01);
  });

  it('is 0 where a vector has no direction', () => {
    for (const loss of [ntXent, byol] as Loss[]) {
      const slopes = tf.grad((a) => loss(a as Embeddings, pooled(2)))(tf.zeros([SAMPLES, FEATURES]));
      expect([...slopes.dataSync()].every((slope) => slope === 0)).toBe(true);
    }
  });
});

describe('error', () => {
  const [x, y] = [pooled(1), pooled(2)];
  const cases: [string, () => unknown][] = [
    ['ntXent: a and b must have the same shape, got [12,3] and [4,3]', () => ntXent(x, tf.ones([4, 3]))],
    ['byol: a and b must be [N,D] or [N,H,W,D], got [2,2,3] and [2,2,3]', () => byol(tf.ones([2, 2, 3]) as never, tf.ones([2, 2, 3]) as never)],
    ['vicReg: there must be at least 2 samples (images, or positions), got 1 in [1,3]', () => vicReg(tf.ones([1, 3]), tf.ones([1, 3]))],
    ['ntXent: temperature must be a finite number > 0, got 0', () => ntXent(x, y, { temperature: 0 })],
    ['ntXent: chunkSize must be a positive integer, got 0.5', () => ntXent(x, y, { chunkSize: 0.5 })],
    ['barlowTwins: lambda must be a finite number >= 0, got -1', () => barlowTwins(x, y, { lambda: -1 })],
    ['vicReg: covariance must be a finite number >= 0, got NaN', () => vicReg(x, y, { covariance: NaN })],
    ['swav: prototypes must be [K,3] as a and b [12,3], got [3,4]', () => swav(x, y, { prototypes: tf.ones([3, 4]) })],
    ['swav: iterations must be a positive integer, got 0', () => swav(x, y, { iterations: 0 })],
    ['sinkhorn: scores must be [M,K], got [3]', () => sinkhorn(tf.ones([3]) as never)],
  ]; // prettier-ignore
  it.each(cases)('%s', (text, run) => expect(run).toThrow(new RangeError(text)));
});

describe('memory', () => {
  it.each(methods)('$name leaves one tensor, and the gradients', ({ loss }) => {
    const [a, b] = [pooled(1), pooled(2)];
    expectNoLeakedTensors(() => tf.tidy(() => loss(a, b)), 1);
    expectNoLeakedTensors(() => loss(a, b).dispose(), prototypesOf(loss));
    expectNoLeakedTensors(() => tf.tidy(() => tf.grads((a, b) => loss(a as Embeddings, b as Embeddings))([a, b])), 2);
  });
});

/** The prototypes that this file makes for each call of swav. */
const prototypesOf = (loss: Loss) => (loss === METHODS.swav[0] ? 1 : 0);
