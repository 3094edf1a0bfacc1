/** What `autoregseg bench` times, on the engine in use: a training step, the loss or masked attention alone, prediction. */
import { createNetwork, maskedAttention2d, RASTER_ORDERINGS } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import { attentionFlop, blocksFlop, stemFlop, stepFlop } from './flops.js';
import { timeLossForms, type LossForms } from './loss-forms.js';
import { timeOperations, type OperationTimes } from './operation-times.js';
import { CLUSTERS, HALF_WINDOW, referenceStep, seededImages, SHAPE, type BatchSize } from './reference-step.js';
import { measure, type Timing } from './timing.js';

export interface BenchOptions extends BatchSize {
  readonly rounds: number;
}

export interface BenchResult extends Timing {
  readonly imagesPerSecond: number;
  readonly gflopPerSecond?: number;
  /** Of a product of two matrices of 2048 x 2048 in the same minute: what the machine gives a whole program at best. */
  readonly matMulGflopPerSecond?: number;
  /** gflopPerSecond over matMulGflopPerSecond. */
  readonly shareOfMatMul?: number;
  /** The process's peak, engine and program included. */
  readonly peakMemoryMb: number;
  readonly tensors: number;
}

const WARMUP = 2;

/** The reference step (reference-step.ts). */
export function benchStep({ rounds, ...size }: BenchOptions): BenchResult {
  const step = referenceStep(size);
  const timing = measure(step.run, { rounds, warmup: WARMUP });
  const result = summarise(timing, size.batchSize, stepFlop(SHAPE, size.batchSize, size.height, size.width));
  step.dispose();
  return result;
}

/** How the reference step's time divides among the operations of the engine. */
export function benchOperations({ rounds, ...size }: BenchOptions): OperationTimes {
  const step = referenceStep(size);
  for (let i = 0; i < WARMUP; i++) step.run();
  const times = timeOperations(step.run, rounds);
  step.dispose();
  return times;
}

/** The pooled loss and its gradient alone, on maps of the images' size, beside the other forms of it (loss-forms.ts). */
export function benchLoss({ height, width, batchSize, rounds }: BenchOptions): BenchResult & LossForms {
  const { pooled, ...forms } = timeLossForms({
    shape: [batchSize, height, width, CLUSTERS],
    halfWindow: HALF_WINDOW,
    rounds,
  });
  return { ...summarise(pooled, batchSize), ...forms };
}

/** Channels of queries, keys and values: of a block of 128 channels. */
const ATTENTION_CHANNELS = 64;

/** Masked attention over all positions of a map, and its gradients in queries, keys and values. */
export function benchAttention({ height, width, batchSize, rounds }: BenchOptions): BenchResult {
  const shape = [batchSize, height, width, ATTENTION_CHANNELS] as [number, number, number, number];
  const maps = [1, 2, 3].map((seed) => tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed));
  const gradients = tf.grads((query: tf.Tensor, key: tf.Tensor, value: tf.Tensor) =>
    maskedAttention2d(query as tf.Tensor4D, key as tf.Tensor4D, value as tf.Tensor4D, RASTER_ORDERINGS[0]),
  );
  const timing = measure(
    () => {
      const slopes = gradients(maps);
      slopes[0].dataSync();
      tf.dispose(slopes);
    },
    { rounds, warmup: 1 },
  );
  tf.dispose(maps);
  return summarise(timing, batchSize, batchSize * attentionFlop(height * width, ATTENTION_CHANNELS));
}

/** The unmasked network, stem to probabilities. */
export function benchPredict({ height, width, batchSize, rounds }: BenchOptions): BenchResult {
  const network = createNetwork({ ...SHAPE, heads: { main: CLUSTERS }, seed: 0 });
  const images = seededImages({ height, width, batchSize });
  const run = () => {
    const probabilities = tf.tidy(() => tf.softmax(network.forward(images, 'unmasked').logits.main));
    // Read outside of tidy, which would look for tensors in the numbers one by one.
    probabilities.dataSync();
    probabilities.dispose();
  };
  const timing = measure(run, { rounds, warmup: WARMUP });
  const flop = batchSize * (stemFlop(SHAPE, height, width) + blocksFlop(SHAPE, height, width));
  const result = summarise(timing, batchSize, flop);
  network.dispose();
  images.dispose();
  return result;
}

function summarise(timing: Timing, images: number, flop?: number): BenchResult {
  return {
    ...timing,
    imagesPerSecond: images / timing.medianSeconds,
    ...(flop !== undefined && speedOf(flop / timing.medianSeconds / 1e9)),
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
    tensors: tf.memory().numTensors,
  };
}

function speedOf(gflopPerSecond: number) {
  const matMulGflopPerSecond = matMulSpeed();
  return { gflopPerSecond, matMulGflopPerSecond, shareOfMatMul: gflopPerSecond / matMulGflopPerSecond };
}

const MATRIX = 2048;

/** GFLOP/s of the engine's large product of matrices, by the median. */
function matMulSpeed(): number {
  const [a, b] = [1, 2].map((seed) => tf.randomUniform<tf.Rank.R2>([MATRIX, MATRIX], -1, 1, 'float32', seed));
  const run = () => tf.tidy(() => void tf.slice(tf.matMul(a, b), [0, 0], [1, 1]).dataSync());
  const { medianSeconds } = measure(run, { rounds: 5, warmup: 1 });
  tf.dispose([a, b]);
  return (2 * MATRIX ** 3) / medianSeconds / 1e9;
}
