import { describe, expect, it } from 'vitest';
import { trainClassifier } from './classifier.js';
import { linearClassifier } from './linear-classifier.js';

/** Points around (10, 0, -300) with deviations of 1, 0 and 50; the class is the sign of the first, or of the third. */
const COUNT = 200;
const points = Float32Array.from({ length: 3 * COUNT }, (_, at) => {
  const noise = Math.sin(12.9898 * (at + 1));
  return [10 + noise, 0, -300 + 50 * noise][at % 3];
});
const labels = Int32Array.from(
  { length: COUNT },
  (_, row) => Number(points[3 * row] > 10) + Number(points[3 * row + 2] > -300),
);
const options = { dimensions: 3, classes: 3, seed: 1, steps: 500 };

function scoresOf({ kernel, bias }: ReturnType<typeof linearClassifier>): number[] {
  return Array.from({ length: COUNT * 3 }, (_, at) => {
    const [row, k] = [Math.floor(at / 3), at % 3];
    return [0, 1, 2].reduce((sum, d) => sum + points[3 * row + d] * kernel[3 * d + k], bias[k]);
  });
}

describe('value', () => {
  it('scores points as they are the way the classifier scores them standardised', () => {
    const image = { shape: [COUNT, 1, 3] as const, data: points };
    const standardised = trainClassifier(points, labels, options).scores(image).data;
    scoresOf(linearClassifier(points, labels, options)).forEach((score, at) =>
      expect(score).toBeCloseTo(standardised[at], 3),
    );
  });

  it('finds classes that a linear function parts', () => {
    const scores = scoresOf(linearClassifier(points, labels, options));
    const right = Array.from(labels, (label, row) => {
      const own = scores.slice(3 * row, 3 * row + 3);
      return own.indexOf(Math.max(...own)) === label;
    });
    expect(right.filter(Boolean).length).toBeGreaterThan(0.9 * COUNT);
  });
});

describe('error', () => {
  it.each([
    [
      'no points',
      [new Float32Array(), new Int32Array()],
      'linearClassifier: points must be [P * 3] for labels [P], P > 0, got 0 numbers and 0 labels',
    ],
    [
      'points of another size',
      [points.subarray(1), labels],
      'linearClassifier: points must be [P * 3] for labels [P], P > 0, got 599 numbers and 200 labels',
    ],
    [
      'a label out of range',
      [points, labels.map((label) => label + 1)],
      'linearClassifier: labels must be from 0 to 2, got 3',
    ],
  ] as const)('refuses %s', (_, [given, ids], text) => {
    expect(() => linearClassifier(given, ids as Int32Array, options)).toThrow(new RangeError(text));
  });
});
