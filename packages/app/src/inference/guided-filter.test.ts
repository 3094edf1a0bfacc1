import { expectNoLeakedTensors, irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { guidedFilter } from './guided-filter.js';

beforeAll(useTestEngine);

const [HEIGHT, WIDTH, CLUSTERS] = [7, 9, 3];
const maps = () => tf.softmax(irregularTensor<tf.Rank.R4>([1, HEIGHT, WIDTH, CLUSTERS], 1));
const guide = () => irregularTensor<tf.Rank.R4>([1, HEIGHT, WIDTH, 1], 2);

/** Mean of a plane over the part of the window on the map. */
function mean(plane: number[][], row: number, column: number, radius: number): number {
  let [sum, count] = [0, 0];
  for (let r = Math.max(0, row - radius); r <= Math.min(HEIGHT - 1, row + radius); r++) {
    for (let c = Math.max(0, column - radius); c <= Math.min(WIDTH - 1, column + radius); c++) {
      sum += plane[r][c];
      count += 1;
    }
  }
  return sum / count;
}

const plane = (value: (row: number, column: number) => number) =>
  Array.from({ length: HEIGHT }, (_, r) => Array.from({ length: WIDTH }, (_, c) => value(r, c)));

describe('value', () => {
  it.each([1, 2])('is that of the definition by loops, radius %i', (radius) => {
    const epsilon = 0.3;
    const [p, i] = [maps().arraySync()[0], guide().arraySync()[0]];
    const actual = guidedFilter(maps(), guide(), { radius, epsilon }).arraySync()[0];
    const guidePlane = plane((r, c) => i[r][c][0]);
    for (let k = 0; k < CLUSTERS; k++) {
      const map = plane((r, c) => p[r][c][k]);
      const at = (values: number[][]) => plane((r, c) => mean(values, r, c, radius));
      const [mapMean, guideMean] = [at(map), at(guidePlane)];
      const product = at(plane((r, c) => map[r][c] * guidePlane[r][c]));
      const square = at(plane((r, c) => guidePlane[r][c] ** 2));
      const slope = plane(
        (r, c) => (product[r][c] - mapMean[r][c] * guideMean[r][c]) / (square[r][c] - guideMean[r][c] ** 2 + epsilon),
      );
      const offset = plane((r, c) => mapMean[r][c] - slope[r][c] * guideMean[r][c]);
      const [slopeMean, offsetMean] = [at(slope), at(offset)];
      for (let r = 0; r < HEIGHT; r++) {
        for (let c = 0; c < WIDTH; c++) {
          expect(actual[r][c][k]).toBeCloseTo(slopeMean[r][c] * guidePlane[r][c] + offsetMean[r][c], 5);
        }
      }
    }
  });

  it('keeps what is a line in the guide, and sums of 1', () => {
    const line = tf.add(tf.mul(0.2, guide()), 0.4) as tf.Tensor4D;
    const kept = guidedFilter(line, guide(), { radius: 2, epsilon: 1e-6 }).dataSync();
    line.dataSync().forEach((value, at) => expect(kept[at]).toBeCloseTo(value, 4));
    const sums = tf.sum(guidedFilter(maps(), guide(), { radius: 3, epsilon: 0.1 }), 3).dataSync();
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
  });

  it('keeps a border that the guide has too, and blurs one that it has not', () => {
    const step = (value: (column: number) => number) =>
      tf.tensor4d(plane((_, c) => value(c)).flat(), [1, HEIGHT, WIDTH, 1]);
    const half = step((column) => (column < 4 ? 0 : 1));
    const options = { radius: 2, epsilon: 0.01 };
    const middle = (map: tf.Tensor4D) => map.arraySync()[0][3].map(([value]) => value);
    const sharp = middle(guidedFilter(half, half, options));
    expect(sharp[4] - sharp[3]).toBeGreaterThan(0.9);
    const flat = middle(
      guidedFilter(
        half,
        step(() => 0.5),
        options,
      ),
    );
    expect(flat[4] - flat[3]).toBeLessThan(0.3);
  });
});

describe('memory', () => {
  it('leaves one tensor', () => {
    const [p, i] = [maps(), guide()];
    expectNoLeakedTensors(() => guidedFilter(p, i, { radius: 1, epsilon: 0.1 }), 1);
  });
});
