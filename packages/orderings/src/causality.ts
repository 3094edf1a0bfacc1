/**
 * A search for what a map sees and should not, by perturbing its input: for any network, ours or another's.
 */
import * as tf from '@tensorflow/tfjs-core';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { checkMapSize, type Ordering, type View } from './ordering.js';
import { checkView } from './view.js';

export interface CausalityOptions {
  readonly height: number;
  readonly width: number;
  /** Channels of the input. */
  readonly channels: number;
  /** Whether a position may see itself. @defaultValue true */
  readonly includeCenter?: boolean;
}

export interface CausalityViolation {
  /** The position that was changed. */
  readonly input: readonly [row: number, column: number];
  /** A position that changed with it and must not see it. */
  readonly output: readonly [row: number, column: number];
}

/** Changes below this share of the largest output are rounding, not sight. */
const ROUNDING = 1e-6;

/**
 * Changes one input position at a time, up and down, and looks for an output position that changes and must not.
 *
 * The map is taken as it is: one that makes a position's query from the position itself (masked attention) sees itself, whatever
 * its mask; with `includeCenter: false` that is reported. A map with batch normalisation in training mode is not causal.
 *
 * @param map - [1, height, width, channels] and the ordering to [1, height, width, D]; its inputs and outputs are freed here
 * @returns null, or the first violation, inputs in reading order
 * @throws RangeError when the output is not on the input's grid, the size is not positive or the ordering none
 * @example
 * const map = (x, view) => maskedConv2d(x, kernel, view);
 * findCausalityViolation(map, RASTER_ORDERINGS[0], { height: 5, width: 7, channels: 3 }); // null
 */
export function findCausalityViolation(
  map: (x: tf.Tensor4D, view: View) => tf.Tensor4D,
  ordering: Ordering,
  { height, width, channels, includeCenter = true }: CausalityOptions,
): CausalityViolation | null {
  checkView('findCausalityViolation', ordering);
  checkMapSize('findCausalityViolation', height, width);
  const turns = ordering.rank(height, width);
  const random = xoroshiro128plus(0);
  const base = Float32Array.from({ length: height * width * channels }, () => 2 * uniformFloat64(random) - 1);
  const outputOf = (values: Float32Array) => evaluate(map, ordering, values, [1, height, width, channels]);
  const reference = outputOf(base);
  const depth = reference.length / (height * width);
  const rounding = ROUNDING * reference.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  for (let input = 0; input < height * width; input++) {
    for (const amount of [1, -1]) {
      const values = Float32Array.from(base);
      for (let channel = 0; channel < channels; channel++) values[input * channels + channel] += amount;
      const output = outputOf(values).findIndex((value, index) => {
        const position = Math.floor(index / depth);
        const allowed = turns[input] < turns[position] || (input === position && includeCenter);
        return !allowed && !(Math.abs(value - reference[index]) <= rounding);
      });
      if (output >= 0) return { input: place(input, width), output: place(Math.floor(output / depth), width) };
    }
  }
  return null;
}

function evaluate(
  map: (x: tf.Tensor4D, view: View) => tf.Tensor4D,
  ordering: Ordering,
  values: Float32Array,
  shape: [number, number, number, number],
): Float32Array {
  let output = new Float32Array();
  tf.tidy(() => {
    const y = map(tf.tensor4d(values, shape), ordering);
    if (y.rank !== 4 || y.shape[1] !== shape[1] || y.shape[2] !== shape[2]) {
      throw new RangeError(
        `findCausalityViolation: the map must give [1,${shape[1]},${shape[2]},D], got [${y.shape}]; ` +
          'give it the part that works on one grid, as network.encode',
      );
    }
    output = Float32Array.from(y.dataSync());
  });
  return output;
}

function place(position: number, width: number): [number, number] {
  return [Math.floor(position / width), position % width];
}
