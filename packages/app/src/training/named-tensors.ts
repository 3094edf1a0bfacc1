/** Tensors and arrays by name, as checkpoints keep them: `network.stem/kernel`, `optimizer.first.0`. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedArray } from '../run/safetensors.js';

/** Copies of the values of tensors, by their names; waits for the device. */
export async function arraysOf(tensors: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, NamedArray>> {
  const entries = Object.entries(tensors).map(
    async ([name, tensor]) => [name, { shape: tensor.shape, data: (await tensor.data()) as Float32Array }] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Sets variables to the arrays of their names. @returns the first name whose array is missing or of another size, if any */
export function assignArrays(
  variables: Readonly<Record<string, tf.Variable>>,
  arrays: Readonly<Record<string, NamedArray | undefined>>,
): string | undefined {
  const unfit = Object.keys(variables).find((name) => arrays[name]?.data.length !== variables[name].size);
  if (unfit !== undefined) return unfit;
  for (const [name, variable] of Object.entries(variables)) {
    tf.tidy(() => variable.assign(tf.tensor(arrays[name]!.data, variable.shape)));
  }
  return undefined;
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
