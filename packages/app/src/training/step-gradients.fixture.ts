/** The gradients of one training step on an engine, held against the plain path: the cpu backend with stock gradients. */
import '@tensorflow/tfjs-backend-cpu';
// The stock gradients of TensorFlow.js, which the engine replaces when it starts.
import '@tensorflow/tfjs-layers';
import { useEngine, type EngineName } from '@autoregseg/engine';
import { createNetwork, orderingByName, type NetworkOptions } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { Objective } from './objective.js';
import { trainingStep } from './step.js';

/** Masked blocks, without and with what a recipe may add to them. */
const CASES = {
  blocks: {},
  'blocks with taps apart': { dilations: [1, 2] },
  'blocks with a context': { contextSize: 5 },
  'blocks with batch normalisation and attention': { normalization: 'batch', attention: [2] },
} as const satisfies Record<string, Partial<NetworkOptions>>;

export const STEP_CASES = Object.keys(CASES) as (keyof typeof CASES)[];

/**
 * Squares of the logits with weights without symmetry. Not the information: of a fresh network it is a difference of all
 * but equal numbers, and rounding would be all to see.
 */
const OBJECTIVE: Objective = {
  heads: { main: 3 },
  mainHeads: ['main'],
  stride: 1,
  maps: (network, features, size) => network.decode(features, size),
  compare(a, b) {
    const weights = tf.tensor(
      Float32Array.from({ length: a.main.size }, (_, i) => Math.sin(1.7 * i)),
      a.main.shape,
    );
    const loss = tf.sum(tf.mul(weights, tf.add(tf.square(a.main), tf.square(b.main)))) as tf.Scalar;
    return { loss, gauges: tf.zeros([4, 1]) };
  },
};

await tf.setBackend('cpu');
const plain = {} as Record<keyof typeof CASES, Float32Array[]>;
for (const name of STEP_CASES) plain[name] = await gradients(name);

/** The largest difference of a gradient on the engine from the plain path's, relative to the largest of the step. */
export async function differenceFromPlain(engine: EngineName, name: keyof typeof CASES): Promise<number> {
  await tf.setBackend((await useEngine(engine)).backend);
  const expected = plain[name].flatMap((values) => [...values]);
  const actual = (await gradients(name)).flatMap((values) => [...values]);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.reduce((most, value, entry) => Math.max(most, Math.abs(value - expected[entry])), 0) / largest;
}

async function gradients(name: keyof typeof CASES): Promise<Float32Array[]> {
  const network = createNetwork({ channels: 3, stemChannels: 4, seed: 5, heads: { main: 3 }, ...CASES[name] });
  const images = tf.tensor4d(
    Float32Array.from({ length: 2 * 12 * 10 * 3 }, (_, i) => Math.sin(i * 0.7) + 0.3 * Math.cos(i * 0.13)),
    [2, 12, 10, 3],
  );
  const orderings = [orderingByName('top-left-row'), orderingByName('bottom-left-column')] as const;
  const views = { images: [images, images] as const, orderings, flipAxes: [], brightness: Float32Array.of(0, 1) };
  const { gradients: made, report } = trainingStep(network, views, OBJECTIVE, { epoch: 0, step: 1 });
  const values = await Promise.all(made.map(async (gradient) => (await gradient.data<'float32'>()).slice()));
  tf.dispose([...made, report, images]);
  network.dispose();
  return values;
}
