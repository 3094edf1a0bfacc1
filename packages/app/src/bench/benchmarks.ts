/** What `autoregseg bench` times, on the engine in use: a training step, a loss or masked attention alone, prediction. */
import { createNetwork, maskedAttention2d, RASTER_ORDERINGS } from '@autoregseg/orderings';
import * as tf from '@tensorflow/tfjs-core';
import type { PresetName } from '../training/config.js';
import { attentionFlop, blocksFlop, stemFlop, stepFlop } from './flops.js';
import { timeContrastForms, type ContrastForms } from './contrast-forms.js';
import { timeLossForms, type LossForms } from './loss-forms.js';
import { timeOperations, type OperationTimes } from './operation-times.js';
import {
  CLUSTERS,
  HALF_WINDOW,
  recipeStep,
  referenceStep,
  seededImages,
  SHAPE,
  type BatchSize,
} from './reference-step.js';
import { ratioByTurns, secondsByTurns, timingOf, type Repetitions, type Timing } from './timing.js';

export interface BenchOptions extends BatchSize {
  readonly rounds: number;
}

export interface BenchResult extends Timing {
  readonly imagesPerSecond: number;
  readonly gflopPerSecond?: number;
  /** Of products of two matrices of 2048 x 2048 between the rounds: what the machine gives a whole program at best. */
  readonly matMulGflopPerSecond?: number;
  /** GFLOP/s of a round over those of the products right after it, the median over rounds. */
  readonly shareOfMatMul?: number;
  /** The process's peak, engine and program included. */
  readonly peakMemoryMb: number;
  readonly tensors: number;
}

const WARMUP = 2;

/** The reference step (reference-step.ts). */
export function benchStep({ rounds, ...size }: BenchOptions): BenchResult {
  const step = referenceStep(size);
  const flop = stepFlop(SHAPE, size.batchSize, size.height, size.width);
  const speed = besideMatMul(step.run, flop, { rounds, warmup: WARMUP });
  step.dispose();
  return summarise(speed, size.batchSize);
}

/** How a step's time divides among the operations of the engine: of the reference step, or of a recipe's. */
export function benchOperations({
  rounds,
  preset,
  ...size
}: BenchOptions & { readonly preset?: PresetName }): OperationTimes {
  const step = preset === undefined ? referenceStep(size) : recipeStep(preset);
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

/** Channels of the features that are contrasted: of the default recipe's projection. */
const CONTRAST_CHANNELS = 64;

/** InfoNCE and its gradient, every position a candidate, beside NT-Xent and both as one matrix (contrast-forms.ts). */
export function benchContrast({ height, width, batchSize, rounds }: BenchOptions): BenchResult & ContrastForms {
  const forms = timeContrastForms({ shape: [batchSize, height, width, CONTRAST_CHANNELS], rounds });
  return { ...summarise(forms.infoNce, batchSize), ...forms };
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
  const run = () => {
    const slopes = gradients(maps);
    slopes[0].dataSync();
    tf.dispose(slopes);
  };
  const flop = batchSize * attentionFlop(height * width, ATTENTION_CHANNELS);
  const speed = besideMatMul(run, flop, { rounds, warmup: 1 });
  tf.dispose(maps);
  return summarise(speed, batchSize);
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
  const flop = batchSize * (stemFlop(SHAPE, height, width) + blocksFlop(SHAPE, height, width));
  const speed = besideMatMul(run, flop, { rounds, warmup: WARMUP });
  network.dispose();
  images.dispose();
  return summarise(speed, batchSize);
}

type Speed = Timing & Pick<BenchResult, 'gflopPerSecond' | 'matMulGflopPerSecond' | 'shareOfMatMul'>;

function summarise(speed: Speed, images: number): BenchResult {
  return {
    ...speed,
    imagesPerSecond: images / speed.medianSeconds,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
    tensors: tf.memory().numTensors,
  };
}

/** Side of the two matrices. */
const MATRIX = 2048;
/** Products between two rounds: long enough to be no burst of a processor's clock. */
const PRODUCTS = 4;

/** Times `run`, which takes so many operations, by turns with the engine's large product of matrices. */
function besideMatMul(run: () => void, flop: number, repetitions: Repetitions): Speed {
  const [a, b] = [1, 2].map((seed) => tf.randomUniform<tf.Rank.R2>([MATRIX, MATRIX], -1, 1, 'float32', seed));
  const multiply = () => {
    for (let i = 0; i < PRODUCTS; i++) tf.tidy(() => void tf.slice(tf.matMul(a, b), [0, 0], [1, 1]).dataSync());
  };
  const [own, products] = secondsByTurns([run, multiply], repetitions);
  tf.dispose([a, b]);
  const timing = timingOf(own);
  const productFlop = PRODUCTS * 2 * MATRIX ** 3;
  return {
    ...timing,
    gflopPerSecond: flop / timing.medianSeconds / 1e9,
    matMulGflopPerSecond: productFlop / timingOf(products).medianSeconds / 1e9,
    shareOfMatMul: (flop / productFlop) * ratioByTurns(products, own),
  };
}
