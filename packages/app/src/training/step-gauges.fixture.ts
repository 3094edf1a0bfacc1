/** The gauges that a step of clustering is followed by, on an engine, held against the plain path: the cpu backend. */
import '@tensorflow/tfjs-backend-cpu';
import { useEngine, type EngineName } from '@autoregseg/engine';
import { irregularTensor } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { clusteringObjective } from './clustering-objective.js';
import { resolveConfig } from './config.js';

const OBJECTIVE = clusteringObjective(
  resolveConfig('default', {
    clusters: 3,
    mainHeads: 2,
    overclusters: 0,
    halfWindow: 4,
    lightGroups: 2,
    contrastWeight: 0,
  }),
);

await tf.setBackend('cpu');
const plain = await gauges();

/** The largest difference of a gauge on the engine from the plain path's. */
export async function gaugesFromPlain(engine: EngineName): Promise<number> {
  await tf.setBackend((await useEngine(engine)).backend);
  const actual = await gauges();
  return Math.max(...plain.map((value, i) => Math.abs(value - actual[i])));
}

/** Of two heads on six images, whose second views are the first ones with two rows exchanged: they agree in part. */
async function gauges(): Promise<Float32Array> {
  const head = (phase: number) =>
    tf.softmax(tf.mul(4, irregularTensor<tf.Rank.R4>([6, 5, 4, 3], phase)) as tf.Tensor4D);
  const a = { main0: head(1), main1: head(2) };
  const exchanged = (map: tf.Tensor4D) => tf.gather<tf.Tensor4D>(map, tf.tensor1d([3, 1, 2, 0, 4], 'int32'), 1);
  const b = { main0: exchanged(a.main0), main1: exchanged(a.main1) };
  const brightness = Float32Array.of(0, 5, 1, 4, 2, 3);
  const made = OBJECTIVE.compare(a, b, { brightness, epoch: 0, step: 1 });
  const values = (await made.gauges.data<'float32'>()).slice();
  tf.dispose([made.gauges, made.loss, Object.values(a), Object.values(b)]);
  return values;
}
