/**
 * A small classifier of feature vectors, by softmax regression or with one hidden layer: what probes are made of.
 *
 *   scores = W2 relu(W1 x + b1) + b2,   or   scores = W x + b;   x standardised
 *
 * Trained by Adam [1] on the cross-entropy, in plain arrays: the same on every engine.
 *
 * [1] Kingma, Ba. Adam: A Method for Stochastic Optimization. ICLR 2015.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { generatorOf } from './generator.js';
import type { Image } from './image.js';

export interface ClassifierOptions {
  /** Numbers in a point. */
  readonly dimensions: number;
  readonly classes: number;
  /** Units of the hidden layer; 0 for none. @defaultValue 0 */
  readonly hidden?: number;
  /** @defaultValue 1000 */
  readonly steps?: number;
  /** Points a step. @defaultValue 256 */
  readonly batchSize?: number;
  /** @defaultValue 0.01 */
  readonly learningRate?: number;
  readonly seed: number;
}

/** A dense layer: y = W x + b, W [inputs * outputs]. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** Mean of each dimension, and 1 over its deviation; 0 where it never changes, which says nothing. */
export interface Standardisation {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

export interface Classifier {
  /** Of standardised points. */
  readonly layers: readonly DenseLayer[];
  readonly standardisation: Standardisation;
  /** Scores of the classes at each place: [h, w, F] -> [h, w, K]. */
  scores(features: Image): Image;
}

/**
 * @param points - [points * dimensions]
 * @param labels - [points], 0..classes-1
 */
export function trainClassifier(points: Float32Array, labels: Int32Array, options: ClassifierOptions): Classifier {
  const { dimensions, classes, hidden = 0, steps = 1000, batchSize = 256, learningRate = 0.01, seed } = options;
  const random = generatorOf(seed);
  const widths = hidden > 0 ? [dimensions, hidden, classes] : [dimensions, classes];
  const layers = widths.slice(1).map((outputs, i) => denseLayer(widths[i], outputs, random));
  const standardisation = standardisationOf(points, dimensions);
  const scaled = standardiser(standardisation);
  const update = adam(layers);
  for (let step = 1; step <= steps; step++) {
    const gradients = layers.map(({ inputs, outputs }) => zeroLayer(inputs, outputs));
    for (let item = 0; item < batchSize; item++) {
      const index = uniformInt(random, 0, labels.length - 1);
      addGradient(layers, scaled(points, index), labels[index], 1 / batchSize, gradients);
    }
    // A half cosine down to 0, so that the last steps settle.
    update(gradients, step, learningRate * 0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps)));
  }
  return {
    layers,
    standardisation,
    scores({ shape: [height, width], data }) {
      const scores = new Float32Array(height * width * classes);
      for (let place = 0; place < height * width; place++) {
        scores.set(forward(layers, scaled(data, place)).at(-1)!, place * classes);
      }
      return { shape: [height, width, classes], data: scores };
    },
  };
}

/** What each layer gives, ReLU between layers; the input is the first. */
export function forward(layers: readonly DenseLayer[], x: Float64Array): Float64Array[] {
  const values = [x];
  layers.forEach(({ inputs, outputs, weights, bias }, depth) => {
    const y = bias.slice();
    for (let i = 0; i < inputs; i++) {
      const value = values[depth][i];
      if (value === 0) continue;
      for (let o = 0; o < outputs; o++) y[o] += value * weights[i * outputs + o];
    }
    if (depth < layers.length - 1) for (let o = 0; o < outputs; o++) y[o] = Math.max(0, y[o]);
    values.push(y);
  });
  return values;
}

/** Adds `share` times the gradient of the cross-entropy of one point. */
export function addGradient(
  layers: readonly DenseLayer[],
  x: Float64Array,
  label: number,
  share: number,
  gradients: readonly DenseLayer[],
): void {
  const values = forward(layers, x);
  let delta = softmax(values.at(-1)!);
  delta[label] -= 1;
  delta = delta.map((value) => value * share);
  for (let depth = layers.length - 1; depth >= 0; depth--) {
    const { inputs, outputs, weights } = layers[depth];
    const before = new Float64Array(inputs);
    for (let o = 0; o < outputs; o++) gradients[depth].bias[o] += delta[o];
    for (let i = 0; i < inputs; i++) {
      const value = values[depth][i];
      // Behind a ReLU that is 0 there is no gradient, neither to its weights nor further down.
      if (value === 0 && depth > 0) continue;
      for (let o = 0; o < outputs; o++) {
        gradients[depth].weights[i * outputs + o] += value * delta[o];
        before[i] += weights[i * outputs + o] * delta[o];
      }
    }
    delta = before;
  }
}

function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((most, score) => Math.max(most, score));
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Glorot's initial weights. */
function denseLayer(inputs: number, outputs: number, random: RandomGenerator): DenseLayer {
  const layer = zeroLayer(inputs, outputs);
  const bound = Math.sqrt(6 / (inputs + outputs));
  for (let i = 0; i < layer.weights.length; i++) layer.weights[i] = bound * (2 * uniformFloat64(random) - 1);
  return layer;
}

function zeroLayer(inputs: number, outputs: number): DenseLayer {
  return { inputs, outputs, weights: new Float64Array(inputs * outputs), bias: new Float64Array(outputs) };
}

/** @param points - [points * dimensions] */
export function standardisationOf(points: Float32Array, dimensions: number): Standardisation {
  const count = points.length / dimensions;
  const mean = new Float64Array(dimensions);
  const square = new Float64Array(dimensions);
  for (let at = 0; at < points.length; at++) mean[at % dimensions] += points[at] / count;
  for (let at = 0; at < points.length; at++)
    square[at % dimensions] += (points[at] - mean[at % dimensions]) ** 2 / count;
  return { mean, scale: square.map((variance) => (variance > 1e-12 ? 1 / Math.sqrt(variance) : 0)) };
}

/** Reads a point with each dimension at mean 0 and deviation 1 over all points. */
function standardiser({ mean, scale }: Standardisation) {
  const dimensions = mean.length;
  return (data: Float32Array, index: number): Float64Array => {
    const point = new Float64Array(dimensions);
    for (let d = 0; d < dimensions; d++) point[d] = (data[index * dimensions + d] - mean[d]) * scale[d];
    return point;
  };
}

function adam(layers: readonly DenseLayer[]) {
  const moments = () =>
    layers.flatMap(({ weights, bias }) => [weights, bias].map(({ length }) => new Float64Array(length)));
  const [first, second] = [moments(), moments()];
  return (gradients: readonly DenseLayer[], step: number, learningRate: number): void => {
    const rate = (learningRate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
    const flat = (all: readonly DenseLayer[]) => all.flatMap(({ weights, bias }) => [weights, bias]);
    const slopes = flat(gradients);
    flat(layers).forEach((parameters, which) => {
      const [m, v, g] = [first[which], second[which], slopes[which]];
      for (let i = 0; i < parameters.length; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        parameters[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + 1e-8);
      }
    });
  };
}
