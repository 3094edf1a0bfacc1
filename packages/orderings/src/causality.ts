/**
 * A search for what a map sees and should not, in anybody's network: by changing its input, or by its gradients.
 */
import * as tf from '@tensorflow/tfjs-core';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { checkMapSize, type Ordering, type View } from './ordering.js';
import type { TurnMap } from './turn-map.js';
import { checkView } from './view.js';

export interface CausalityOptions {
  readonly height: number;
  readonly width: number;
  /** Channels of the input. */
  readonly channels: number;
  /** Whether a position may see itself. @defaultValue true */
  readonly includeCenter?: boolean;
  /**
   * How sight is found. 'perturbation' changes one input position at a time and compares outputs: two passes for each input
   * position. 'gradient' asks each output position for its slopes: one backward pass for each output position, and blind to
   * what a flat activation hides at the one input that is tried. @defaultValue 'perturbation'
   */
  readonly by?: 'perturbation' | 'gradient';
  /**
   * For a map onto another grid the latest turn of the input that each output position may know, as `latestTurns` of
   * `withOrderings` tells it. @defaultValue the input's grid, each position its own turn
   */
  readonly latest?: TurnMap;
}

export interface CausalityViolation {
  /** The position that is seen. */
  readonly input: readonly [row: number, column: number];
  /** A position that sees it and must not. */
  readonly output: readonly [row: number, column: number];
}

/** Any map from maps to maps that takes a view. */
export type ViewedMap = (x: tf.Tensor4D, view: View) => tf.Tensor4D;

/** Changes below this share of the largest output are rounding, not sight. */
const ROUNDING = 1e-6;

/**
 * Looks for an output position that depends on an input position whose turn has not come.
 *
 * The map is taken as it is: one that makes a position's query from the position itself (masked attention) sees itself, whatever
 * its mask; with `includeCenter: false` that is reported. A map with batch normalisation in training mode is not causal.
 *
 * @param map - [1, height, width, channels] and the ordering to [1, height, width, D]; its inputs and outputs are freed here
 * @returns null, or the first violation, inputs in reading order
 * @throws RangeError when the output is not on the grid expected, an option is out of range or the ordering none
 * @example
 * const map = (x, view) => maskedConv2d(x, kernel, view);
 * findCausalityViolation(map, RASTER_ORDERINGS[0], { height: 5, width: 7, channels: 3 }); // null
 */
export function findCausalityViolation(
  map: ViewedMap,
  ordering: Ordering,
  options: CausalityOptions,
): CausalityViolation | null {
  const { height, width, includeCenter = true, by = 'perturbation' } = options;
  checkView('findCausalityViolation', ordering);
  checkMapSize('findCausalityViolation', height, width);
  const turns = ordering.rank(height, width);
  const output = options.latest ?? { height, width, turns };
  // On the input's own grid equal turns are one position, elsewhere an output may know its latest turn.
  const sees = (input: number, position: number) =>
    turns[input] < output.turns[position] || (turns[input] === output.turns[position] && includeCenter);
  const search: Search = { map, ordering, options, output, isAllowed: sees, base: baseOf(options) };
  switch (by) {
    case 'perturbation':
      return byPerturbation(search);
    case 'gradient':
      return byGradient(search);
    default:
      throw new RangeError(`findCausalityViolation: by must be 'perturbation' or 'gradient', got '${String(by)}'`);
  }
}

interface Search {
  readonly map: ViewedMap;
  readonly ordering: Ordering;
  readonly options: CausalityOptions;
  /** The grid of the outputs. */
  readonly output: TurnMap;
  readonly isAllowed: (input: number, output: number) => boolean;
  /** [height * width * channels], the input that is tried. */
  readonly base: Float32Array;
}

function byPerturbation(search: Search): CausalityViolation | null {
  const { options, base, isAllowed } = search;
  const { height, width, channels } = options;
  const reference = valuesOf(search, base);
  const depth = reference.length / search.output.turns.length;
  const rounding = ROUNDING * reference.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  for (let input = 0; input < height * width; input++) {
    for (const amount of [1, -1]) {
      const values = Float32Array.from(base);
      for (let channel = 0; channel < channels; channel++) values[input * channels + channel] += amount;
      const output = valuesOf(search, values).findIndex((value, index) => {
        const changed = !(Math.abs(value - reference[index]) <= rounding);
        return changed && !isAllowed(input, Math.floor(index / depth));
      });
      if (output >= 0) return violation(search, input, Math.floor(output / depth));
    }
  }
  return null;
}

function byGradient(search: Search): CausalityViolation | null {
  const { output, options, isAllowed, base } = search;
  const { height, width, channels } = options;
  let first: CausalityViolation | null = null;
  let earliest = height * width;
  for (let position = 0; position < output.turns.length; position++) {
    const slopes = slopesOf(search, tf.tensor4d(base, [1, height, width, channels]), position);
    for (let input = 0; input < earliest; input++) {
      const own = slopes.subarray(input * channels, (input + 1) * channels);
      // NaN is a dependence too.
      if (own.every((slope) => slope === 0) || isAllowed(input, position)) continue;
      [first, earliest] = [violation(search, input, position), input];
    }
  }
  return first;
}

/** The slopes of one output position, its channels added with unequal weights, in every entry of the input. */
function slopesOf(search: Search, x: tf.Tensor4D, position: number): Float32Array {
  let slopes = new Float32Array();
  tf.tidy(() => {
    const sum = (input: tf.Tensor) => {
      const y = outputOf(search, input as tf.Tensor4D);
      const [, height, width, depth] = y.shape;
      const weights = new Float32Array(height * width * depth);
      for (let d = 0; d < depth; d++) weights[position * depth + d] = Math.cos(3.1 * d) + 1.5;
      return tf.sum(tf.mul(y, tf.tensor4d(weights, y.shape))) as tf.Scalar;
    };
    slopes = Float32Array.from(tf.grad(sum)(x).dataSync());
  });
  x.dispose();
  return slopes;
}

function valuesOf(search: Search, values: Float32Array): Float32Array {
  const { height, width, channels } = search.options;
  let output = new Float32Array();
  tf.tidy(() => {
    output = Float32Array.from(outputOf(search, tf.tensor4d(values, [1, height, width, channels])).dataSync());
  });
  return output;
}

function outputOf({ map, ordering, output }: Search, x: tf.Tensor4D): tf.Tensor4D {
  const y = map(x, ordering);
  if (y.rank !== 4 || y.shape[1] !== output.height || y.shape[2] !== output.width) {
    throw new RangeError(
      `findCausalityViolation: the map must give [1,${output.height},${output.width},D], got [${y.shape}]; ` +
        'give it the part that works on one grid, as network.encode',
    );
  }
  return y;
}

function baseOf({ height, width, channels }: CausalityOptions): Float32Array {
  const random = xoroshiro128plus(0);
  return Float32Array.from({ length: height * width * channels }, () => 2 * uniformFloat64(random) - 1);
}

function violation({ options, output }: Search, input: number, position: number): CausalityViolation {
  return { input: place(input, options.width), output: place(position, output.width) };
}

function place(position: number, width: number): [number, number] {
  return [Math.floor(position / width), position % width];
}
