import { useTestEngine } from '@autoregseg/testing';
import { createNetwork, RASTER_ORDERINGS } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusteringObjective } from './clustering-objective.js';
import { resolveConfig } from './config.js';
import { microBatchedStep } from './micro-batches.js';
import { readReport, type StepGauges } from './step-report.js';
import { trainingStep } from './step.js';

beforeAll(useTestEngine);

const CONTEXT = { epoch: 0, step: 1 };

/** Six images, all alike when `repeat`: the statistics of the stem's normalisation are then those of any part. */
function images(repeat: boolean): tf.Tensor4D {
  const one = 6 * 4 * 3;
  const value = (i: number) => Math.sin(0.7 * (repeat ? i % one : i)) + 0.3 * Math.cos(i % one);
  return tf.tensor4d(
    Float32Array.from({ length: 6 * one }, (_, i) => value(i)),
    [6, 6, 4, 3],
  );
}

interface Outcome {
  readonly gauges: StepGauges;
  readonly gradients: readonly tf.Tensor[];
}

function step(microBatch: number | undefined, repeat: boolean, dropout = 0): Outcome {
  const objective = clusteringObjective(
    resolveConfig('default', { clusters: 3, mainHeads: 2, overclusters: 4, halfWindow: 1, comparisonStride: 1 }),
  );
  const network = createNetwork({ channels: 3, stemChannels: 2, blocks: 1, heads: objective.heads, dropout, seed: 2 });
  tf.tidy(() => network.variables.forEach((weight) => weight.rank === 4 && weight.assign(tf.mul(weight, 2))));
  const x = images(repeat);
  const mask = tf.tidy(() => tf.cast(tf.greater(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 1]), -1), 'float32'));
  const views = {
    images: [x, x] as const,
    orderings: [RASTER_ORDERINGS[0], RASTER_ORDERINGS[5]] as const,
    flipAxes: [2],
    brightness: Float32Array.of(0.3, 0.1, 0.5, 0.2, 0.4, 0.6),
    mask: tf.reshape(mask, [6, 6, 4]) as tf.Tensor3D,
  };
  const options = { ...CONTEXT, random: xoroshiro128plus(1) };
  const { report, gradients } =
    microBatch === undefined
      ? trainingStep(network, views, objective, options)
      : microBatchedStep(network, views, objective, { ...options, microBatch });
  const { gauges } = readReport(report.dataSync(), objective.mainHeads.length);
  tf.dispose([x, mask, views.mask, report]);
  network.dispose();
  return { gauges, gradients };
}

describe('value', () => {
  it.each([1, 4])('gradient and gauges are those of the whole batch, %i images at a time', (microBatch) => {
    const whole = step(undefined, true);
    const parts = step(microBatch, true);
    expect(parts.gauges.loss).toBeCloseTo(whole.gauges.loss, 5);
    parts.gauges.agreement.forEach((share, head) => expect(share).toBeCloseTo(whole.gauges.agreement[head], 5));
    const largest = Math.max(...whole.gradients.map((gradient) => tf.max(tf.abs(gradient)).dataSync()[0]));
    parts.gradients.forEach((gradient, index) => {
      const difference = tf.max(tf.abs(tf.sub(gradient, whole.gradients[index]))).dataSync()[0];
      // Float32 sums in another order.
      expect(difference / largest).toBeLessThan(1e-3);
    });
  });

  it('information is that of all images together, not a mean of the parts', () => {
    const [all, one] = [step(6, false), step(1, false)];
    // What differs is the stem's normalisation by parts; a mean of single images' informations would be far off.
    expect(Math.abs(one.gauges.loss - all.gauges.loss)).toBeLessThan(0.2 * Math.abs(all.gauges.loss));
  });

  it('drops the same channels in both passes: in one part, as the step in one pass', () => {
    const [whole, parts] = [step(undefined, true, 0.5), step(6, true, 0.5)];
    parts.gradients.forEach((gradient, index) => {
      expect(tf.max(tf.abs(tf.sub(gradient, whole.gradients[index]))).dataSync()[0]).toBeLessThan(1e-6);
    });
  });
});

describe('memory', () => {
  it('leaves the gradients and nothing else', () => {
    const before = tf.memory().numTensors;
    const { gradients } = step(2, true);
    expect(tf.memory().numTensors - before).toBe(gradients.length);
  });
});
