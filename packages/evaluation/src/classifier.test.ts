import { describe, expect, it } from 'vitest';
import { addGradient, forward, standardisationOf, trainClassifier, type DenseLayer } from './classifier.js';
import { generatorOf } from './generator.js';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

function layer(inputs: number, outputs: number, seed: number): DenseLayer {
  const random = generatorOf(seed);
  const draw = (length: number) => Float64Array.from({ length }, () => 2 * uniformFloat64(random) - 1);
  return { inputs, outputs, weights: draw(inputs * outputs), bias: draw(outputs) };
}

const zeros = (layers: readonly DenseLayer[]): DenseLayer[] =>
  layers.map(({ inputs, outputs }) => ({
    inputs,
    outputs,
    weights: new Float64Array(inputs * outputs),
    bias: new Float64Array(outputs),
  }));

describe('value', () => {
  it('is W2 relu(W1 x + b1) + b2', () => {
    const layers = [
      { inputs: 2, outputs: 2, weights: Float64Array.of(1, -1, 2, 0), bias: Float64Array.of(0, 1) },
      { inputs: 2, outputs: 1, weights: Float64Array.of(3, 5), bias: Float64Array.of(0.5) },
    ];
    // (1 * 1 + 1 * 2, -1 + 0 + 1) = (3, 0)
    expect([...forward(layers, Float64Array.of(1, 1)).at(-1)!]).toEqual([9.5]);
    // (-1 * 1 + 0, 1 + 1) = (-1, 2): the first is cut to 0
    expect([...forward(layers, Float64Array.of(-1, 0)).at(-1)!]).toEqual([10.5]);
  });

  it('standardises by mean and deviation, and leaves out what never changes', () => {
    // 1 and 5: mean 3, deviation 2.
    expect(standardisationOf(Float32Array.of(1, 7, 5, 7), 2)).toEqual({
      mean: Float64Array.of(3, 7),
      scale: Float64Array.of(0.5, 0),
    });
  });

  it('learns what a line divides, from the same seed the same', () => {
    const random = generatorOf(1);
    const points = Float32Array.from({ length: 400 }, () => 10 * uniformFloat64(random));
    const labels = Int32Array.from({ length: 200 }, (_, i) => Number(points[2 * i] > points[2 * i + 1]));
    const options = { dimensions: 2, classes: 2, steps: 200, learningRate: 0.1, seed: 3 };
    const [a, b] = [0, 1].map(() => trainClassifier(points, labels, options));
    expect(a.layers).toEqual(b.layers);
    const scores = a.scores({ shape: [1, 200, 2], data: points }).data;
    const right = labels.filter((label, i) => Number(scores[2 * i + 1] > scores[2 * i]) === label).length;
    expect(right).toBeGreaterThan(190);
  });

  it('learns what no line divides with a hidden layer, and not without', () => {
    const random = generatorOf(2);
    const points = Float32Array.from({ length: 800 }, () => 2 * uniformFloat64(random) - 1);
    const labels = Int32Array.from({ length: 400 }, (_, i) => Number(points[2 * i] * points[2 * i + 1] > 0));
    const accuracy = (hidden: number) => {
      const classifier = trainClassifier(points, labels, { dimensions: 2, classes: 2, hidden, steps: 400, seed: 1 });
      const scores = classifier.scores({ shape: [1, 400, 2], data: points }).data;
      return labels.filter((label, i) => Number(scores[2 * i + 1] > scores[2 * i]) === label).length / 400;
    };
    expect(accuracy(0)).toBeLessThan(0.7);
    expect(accuracy(16)).toBeGreaterThan(0.93);
  });
});

describe('gradient', () => {
  it.each([[[4, 3]], [[4, 5, 3]]])('is that of the cross-entropy for widths %j', (widths) => {
    const layers = widths.slice(1).map((outputs, i) => layer(widths[i], outputs, i + 1));
    const x = Float64Array.of(0.3, -0.7, 1.1, 0.2);
    const loss = () => {
      const scores = forward(layers, x).at(-1)!;
      return Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[1];
    };
    const gradients = zeros(layers);
    addGradient(layers, x, 1, 1, gradients);
    layers.forEach((each, depth) => {
      for (const name of ['weights', 'bias'] as const) {
        each[name].forEach((value, i) => {
          const [ahead, behind] = [1e-5, -1e-5].map((move) => {
            each[name][i] = value + move;
            return loss();
          });
          each[name][i] = value;
          // central differences in float64
          expect(gradients[depth][name][i]).toBeCloseTo((ahead - behind) / 2e-5, 7);
        });
      }
    });
  });
});
