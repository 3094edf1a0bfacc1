/**
 * Causality, read from gradients: who depends on whom in a map of positions.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** The orderings under test, by structure: this package imports none of ours. */
interface RankedOrdering {
  readonly name: string;
  rank(height: number, width: number): Int32Array;
}

export interface AutoregressiveOptions {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Whether a position may and must see itself. @defaultValue true */
  readonly includeCenter?: boolean;
  /**
   * Whether the map's geometry lets a position see the one at this offset; the mask apart.
   *
   * @defaultValue everything is in reach
   */
  readonly reach?: (rowOffset: number, columnOffset: number) => boolean;
}

/**
 * Expects each output position to depend on all of its past in reach and on nothing else.
 *
 * @param map - [1, height, width, channels] -> [1, height, width, D], the ordering applied
 */
export function expectAutoregressive(
  map: (x: tf.Tensor4D) => tf.Tensor4D,
  ordering: RankedOrdering,
  options: AutoregressiveOptions,
): void {
  const { height, width, includeCenter = true, reach = () => true } = options;
  const turns = ordering.rank(height, width);
  const dependence = dependenceOf(map, options);
  for (let query = 0; query < height * width; query++) {
    const expected = Array.from(turns, (turn, position) => {
      const row = Math.floor(position / width) - Math.floor(query / width);
      const column = (position % width) - (query % width);
      const past = turn < turns[query] || (position === query && includeCenter);
      return past && reach(row, column);
    });
    expect(
      picture(dependence[query], width),
      `what (row ${Math.floor(query / width)}, column ${query % width}) sees under ${ordering.name}`,
    ).toBe(picture(expected, width));
  }
}

/**
 * Which input positions each output position depends on, by the gradients of its channels at one irregular input.
 *
 * @returns for each output position, whether it depends on each input position
 */
export function dependenceOf(
  map: (x: tf.Tensor4D) => tf.Tensor4D,
  { height, width, channels }: Pick<AutoregressiveOptions, 'height' | 'width' | 'channels'>,
): boolean[][] {
  const positions = height * width;
  return tf.tidy(() => {
    const values = Float32Array.from({ length: positions * channels }, (_, i) => Math.sin(12.9898 * i + 1) + 0.1);
    const x = tf.tensor4d(values, [1, height, width, channels]);
    const outputs = tf.tidy(() => map(x).shape[3]);
    return Array.from({ length: positions }, (_, query) => {
      const seen = tf.tidy(() => {
        const weights = new Float32Array(positions * outputs);
        for (let d = 0; d < outputs; d++) weights[query * outputs + d] = Math.cos(3.1 * d) + 1.5;
        const pick = tf.tensor4d(weights, [1, height, width, outputs]);
        const slopes = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(map(input as tf.Tensor4D), pick)))(x);
        return tf.sum(tf.abs(slopes), [0, 3]).dataSync();
      }) as unknown as Float32Array;
      return Array.from(seen, (size) => size > 0);
    });
  }) as unknown as boolean[][];
}

function picture(seen: readonly boolean[], width: number): string {
  const marks = seen.map((one) => (one ? '1' : '0'));
  const rows = Array.from({ length: marks.length / width }, (_, row) => marks.slice(row * width, (row + 1) * width));
  return rows.map((row) => row.join(' ')).join('\n');
}
