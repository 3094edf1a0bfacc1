/** The training step that speed is stated for: two orderings over a shared stem, pooled information, gradients, Adam. */
import { createNetwork, RASTER_ORDERINGS } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { clusteringObjective } from '../training/clustering-objective.js';
import { resolveConfig } from '../training/config.js';
import { Adam } from '../training/optimizer.js';
import { trainingStep } from '../training/step.js';
import type { NetworkShape } from './flops.js';

/** 3 channels, stride 2, two blocks 64 -> 128 -> 256, 4 clusters, T = 10. */
export const SHAPE: NetworkShape = { channels: 3, stemChannels: 64, outputStride: 2, blocks: 2 };
export const CLUSTERS = 4;
export const HALF_WINDOW = 10;

/** What a batch is made of. */
export interface BatchSize {
  readonly height: number;
  readonly width: number;
  readonly batchSize: number;
}

export interface ReferenceStep {
  /** Takes one step, and returns once the weights have moved. */
  run(): void;
  dispose(): void;
}

/** The reference step on seeded noise; each run takes another pair of orderings. */
export function referenceStep(size: BatchSize): ReferenceStep {
  const objective = clusteringObjective(resolveConfig('paper', { clusters: CLUSTERS, halfWindow: HALF_WINDOW }));
  const network = createNetwork({ ...SHAPE, heads: objective.heads, seed: 0 });
  const optimizer = new Adam(network.variables as tf.Variable[]);
  const images = seededImages(size);
  const brightness = new Float32Array(size.batchSize);
  let step = 0;
  return {
    run() {
      const [a, b] = [RASTER_ORDERINGS[step % 8], RASTER_ORDERINGS[(step + 3) % 8]];
      step += 1;
      const views = { images: [images, images] as const, orderings: [a, b] as const, flipAxes: [], brightness };
      const { gradients, report } = trainingStep(network, views, objective, { epoch: 0, step });
      optimizer.update(gradients, 1e-4);
      tf.dispose([...gradients, report]);
      // Reading one weight waits for the update.
      network.variables[0].dataSync();
    },
    dispose() {
      optimizer.dispose();
      network.dispose();
      images.dispose();
    },
  };
}

/** Noise in [0, 1], [batchSize, height, width, 3]. */
export function seededImages({ height, width, batchSize }: BatchSize): tf.Tensor4D {
  return tf.randomUniform([batchSize, height, width, SHAPE.channels], 0, 1, 'float32', 1);
}
