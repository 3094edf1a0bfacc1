/**
 * Training steps on noise, to be timed: the reference step that speed is stated for (two orderings over a shared stem, pooled
 * information, gradients, Adam), and that of any recipe.
 */
import { randomStream } from '@autoregseg/data';
import { createNetwork, RASTER_ORDERINGS, type Network } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { clusteringObjective } from '../training/clustering-objective.js';
import { resolveConfig, type PresetName } from '../training/config.js';
import { createObjective } from '../training/create-objective.js';
import type { Objective } from '../training/objective.js';
import { Adam } from '../training/optimizer.js';
import { networkOf } from '../training/run-network.js';
import { trainingStep } from '../training/step.js';
import { disposeViews, drawViews, type StepViews } from '../training/views.js';
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
  const images = seededImages(size);
  const brightness = new Float32Array(size.batchSize);
  const viewsOf = (step: number): StepViews => {
    const orderings = [RASTER_ORDERINGS[step % 8], RASTER_ORDERINGS[(step + 3) % 8]] as const;
    return { images: [images, images], orderings, flipAxes: [], brightness };
  };
  const { run, dispose } = stepsOf(network, objective, viewsOf);
  return {
    run,
    dispose() {
      dispose();
      images.dispose();
    },
  };
}

/** The step of a recipe, on crops and batches of its own size and views drawn as in training. */
export function recipeStep(preset: PresetName): ReferenceStep {
  const config = resolveConfig(preset, { clusters: CLUSTERS });
  const [height, width] = config.crop;
  const shape = [config.batchSize, height, width, SHAPE.channels] as const;
  const images = tf.tidy(() => seededImages({ height, width, batchSize: config.batchSize }).dataSync<'float32'>());
  const batch = { images, shape, ids: [], epoch: 0 };
  const statistics = { mean: [0.5, 0.5, 0.5], std: [0.3, 0.3, 0.3] };
  const viewsOf = (step: number) => drawViews(batch, step, RASTER_ORDERINGS, statistics, config);
  return stepsOf(networkOf(config, SHAPE.channels), createObjective(config), viewsOf, disposeViews);
}

function stepsOf(
  network: Network,
  objective: Objective,
  viewsOf: (step: number) => StepViews,
  disposeOf: (views: StepViews) => void = () => undefined,
): ReferenceStep {
  const optimizer = new Adam(network.variables as tf.Variable[]);
  let step = 0;
  return {
    run() {
      step += 1;
      const views = viewsOf(step);
      const random = randomStream(0, step);
      const { gradients, report } = trainingStep(network, views, objective, { epoch: 0, step, random });
      optimizer.update(gradients, 1e-4);
      tf.dispose([...gradients, report]);
      disposeOf(views);
      // Reading one weight waits for the update.
      network.variables[0].dataSync();
    },
    dispose() {
      optimizer.dispose();
      network.dispose();
    },
  };
}

/** Noise in [0, 1], [batchSize, height, width, 3]. */
export function seededImages({ height, width, batchSize }: BatchSize): tf.Tensor4D {
  return tf.randomUniform([batchSize, height, width, SHAPE.channels], 0, 1, 'float32', 1);
}
