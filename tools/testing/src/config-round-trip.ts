/**
 * Layers that come back from their configuration as they were.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';

/**
 * Expects a layer to be registered, its configuration to survive JSON, and a layer made from it to have the same one.
 *
 * @returns the new layer, for checks of what it computes
 */
export function expectConfigRoundTrip<L extends layers.Layer>(layer: L): L {
  const config = layer.getConfig();
  const copied = JSON.parse(JSON.stringify(config)) as tf.serialization.ConfigDict;
  expect(copied, 'the configuration as JSON').toEqual(config);
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const registered = Object.values(classNameMap).map(([type]) => type);
  const type = layer.constructor as tf.serialization.SerializableConstructor<L> & { fromConfig: FromConfig<L> };
  expect(registered, `${layer.getClassName()} is registered`).toContain(type);
  const again = type.fromConfig(type, copied);
  expect(again.getConfig()).toEqual(config);
  return again;
}

type FromConfig<L extends layers.Layer> = (
  type: tf.serialization.SerializableConstructor<L>,
  config: tf.serialization.ConfigDict,
) => L;
