/**
 * Softmax regression as a kernel and a bias: what a 1x1 convolution takes to score features as they are.
 *
 *   scores = W (x - mean) / deviation + b = W' x + b',   W' = W / deviation,   b' = b - W' mean
 */
import { trainClassifier, type ClassifierOptions } from './classifier.js';

export type LinearClassifierOptions = Omit<ClassifierOptions, 'hidden'>;

export interface LinearClassifier {
  /** [D * K] */
  readonly kernel: Float32Array;
  /** [K] */
  readonly bias: Float32Array;
}

/**
 * @param points - [P * D] features
 * @param labels - [P], 0..K-1; a class that none has is hardly ever the most likely one
 * @throws RangeError when there are no points, not as many labels, or a label is out of range
 * @example linearClassifier(Float32Array.of(-1, 1), Int32Array.of(0, 1), { dimensions: 1, classes: 2, seed: 0 });
 */
export function linearClassifier(
  points: Float32Array,
  labels: Int32Array,
  options: LinearClassifierOptions,
): LinearClassifier {
  const { dimensions, classes } = options;
  if (labels.length === 0 || points.length !== labels.length * dimensions) {
    throw new RangeError(
      `linearClassifier: points must be [P * ${dimensions}] for labels [P], P > 0, got ${points.length} numbers and ${labels.length} labels`,
    );
  }
  const outside = labels.find((label) => label < 0 || label >= classes);
  if (outside !== undefined) {
    throw new RangeError(`linearClassifier: labels must be from 0 to ${classes - 1}, got ${outside}`);
  }
  const { layers, standardisation } = trainClassifier(points, labels, { ...options, hidden: 0 });
  const [{ weights, bias: offsets }] = layers;
  const { mean, scale } = standardisation;
  const kernel = weights.map((weight, at) => weight * scale[Math.floor(at / classes)]);
  const bias = offsets.slice();
  kernel.forEach((weight, at) => (bias[at % classes] -= weight * mean[Math.floor(at / classes)]));
  return { kernel: Float32Array.from(kernel), bias: Float32Array.from(bias) };
}
