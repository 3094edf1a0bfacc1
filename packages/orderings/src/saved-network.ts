/**
 * A network's weights as plain objects: what a checkpoint or an export is written from. No files here.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { resolveNetworkOptions, type NetworkConfig } from './network-options.js';

export interface SavedWeight {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

export interface SavedNetwork {
  readonly config: NetworkConfig;
  /** By the names `part/weight`, running statistics included. */
  readonly weights: Readonly<Record<string, SavedWeight>>;
}

type Weights = ReadonlyMap<string, LayerVariable>;

/** Copies of all weights. */
export function saveWeights(weights: Weights): Record<string, SavedWeight> {
  const entries = [...weights].map(([name, weight]) => {
    const tensor = weight.read();
    return [name, { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Sets all weights, or none.
 *
 * @throws RangeError that names the options that differ, or every weight that is missing, unknown or of another shape
 */
export function loadWeights(weights: Weights, config: NetworkConfig, saved: SavedNetwork): void {
  // Whoever saved it may not have known of an option yet: its default is what there was.
  const differences = configDifferences(config, resolveNetworkOptions(saved.config));
  if (differences.length > 0) {
    throw new RangeError(`load: this network is not the saved one: ${differences.join('; ')}`);
  }
  const faults = weightFaults(weights, saved.weights);
  if (faults.length > 0) throw new RangeError(`load: ${faults.join('; ')}`);
  tf.tidy(() => {
    for (const [name, weight] of weights) {
      const { shape, data } = saved.weights[name];
      weight.write(tf.tensor(data, [...shape]));
    }
  });
}

/** The seed made the initial weights only, and dropout is a matter of training: they may differ. */
const FREE: readonly string[] = ['seed', 'dropout'];

function configDifferences(own: NetworkConfig, saved: NetworkConfig): string[] {
  const names = Object.keys(own).filter((name) => !FREE.includes(name)) as (keyof NetworkConfig)[];
  const shown = (value: unknown) => JSON.stringify(value) ?? 'nothing';
  return names
    .filter((name) => shown(own[name]) !== shown(saved[name]))
    .map((name) => `${name} is ${shown(own[name])} here and ${shown(saved[name])} there`);
}

function weightFaults(weights: Weights, saved: Readonly<Record<string, SavedWeight>>): string[] {
  const unknown = Object.keys(saved).filter((name) => !weights.has(name));
  const misfits = [...weights].flatMap(([name, { shape }]) => {
    const weight = saved[name];
    if (weight === undefined) return [`weight '${name}' [${shape}] is missing`];
    const fits =
      String(weight.shape) === String(shape) && weight.data.length === tf.util.sizeFromShape(shape as number[]);
    return fits ? [] : [`weight '${name}' must be [${shape}], got [${weight.shape}] with ${weight.data.length} values`];
  });
  return [...misfits, ...unknown.map((name) => `weight '${name}' is unknown here`)];
}
