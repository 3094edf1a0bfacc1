/**
 * The three 1x1 convolutions that make queries, keys and values of one map.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { convolve } from './convolution.js';
import { maskedAttention2d } from './masked-attention2d.js';
import type { View } from './ordering.js';
import type { ConvolutionWeights } from './seeded-layer.js';

/** Projections [1, 1, C, keySize], [1, 1, C, keySize], [1, 1, C, valueSize]. */
export interface AttentionWeights {
  readonly query: ConvolutionWeights;
  readonly key: ConvolutionWeights;
  readonly value: ConvolutionWeights;
}

const PROJECTIONS = ['query', 'key', 'value'] as const;

export interface AttentionSizes {
  /** Channels of queries and keys; null: half of the input's, rounded up. */
  readonly keySize: number | null;
  /** Channels of values; null: half of the input's, rounded up. */
  readonly valueSize: number | null;
}

/** Draws the projections by `add`, a layer's way to make a kernel and a bias. */
export function addAttention(
  channels: number,
  { keySize, valueSize }: AttentionSizes,
  add: (name: string, shape: readonly [number, number, number, number]) => ConvolutionWeights,
): AttentionWeights {
  const toKey = [1, 1, channels, keySize ?? halfOf(channels)] as const;
  return {
    query: add('query', toKey),
    key: add('key', toKey),
    value: add('value', [1, 1, channels, valueSize ?? halfOf(channels)]),
  };
}

/** The default size of keys and values. */
export function halfOf(channels: number): number {
  return Math.ceil(channels / 2);
}

/** Masked self-attention of a map: [N, H, W, C] -> [N, H, W, valueSize]. Each position's query comes from itself. */
export function attend(x: tf.Tensor4D, weights: AttentionWeights, view: View, includeCenter: boolean): tf.Tensor4D {
  const [query, key, value] = PROJECTIONS.map((name) => {
    const { kernel, bias } = weights[name]();
    return convolve(x, kernel, { bias });
  });
  return maskedAttention2d(query, key, value, view, { includeCenter });
}

/** @throws RangeError when a size is neither absent nor a positive integer; `name` is the class named in the text */
export function checkSizes(name: string, { keySize, valueSize }: AttentionSizes): void {
  for (const [size, count] of Object.entries({ keySize, valueSize })) {
    if (count !== null && (!Number.isInteger(count) || count < 1)) {
      throw new RangeError(`${name}: ${size} must be a positive integer or null, got ${count}`);
    }
  }
}
