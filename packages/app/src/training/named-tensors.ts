/** Tensors and arrays by name, as checkpoints keep them: `network.stem/kernel`, `optimizer.first.0`. */
import type * as tf from '@tensorflow/tfjs-core';
import type { NamedArray } from '../run/safetensors.js';

/** Copies of the values of tensors, by their names; waits for the device. */
export async function arraysOf(tensors: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, NamedArray>> {
  const entries = Object.entries(tensors).map(
    async ([name, tensor]) => [name, { shape: tensor.shape, data: (await tensor.data()) as Float32Array }] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** The same under names that begin with `prefix`. */
export function prefixed<T>(prefix: string, object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [prefix + key, value]));
}

/** What has such a name, without the prefix. */
export function unprefixed<T>(prefix: string, object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}
