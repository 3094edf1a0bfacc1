/**
 * What a training will cost, before it starts: seconds and peak memory, from a few steps at small batches.
 *
 * Time and memory of a step are linear in the images of a batch, so two small batches tell a large one; and since the steps
 * are those of the training itself, on its own dataset and engine, whatever a recipe adds is in them.
 */
import { channelStatistics, type Dataset } from '@autoregseg/data';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from '../training/config.js';
import { TrainingSession } from '../training/session.js';

export interface TrainingPlan {
  readonly steps: number;
  readonly batchSize: number;
  readonly secondsPerStep: number;
  /** Of all steps; of `minutes`, where the run ends earlier by them. */
  readonly seconds: number;
  /** Of the process, at its largest. */
  readonly peakMemoryMb: number;
  /** Of it: what tensors take, the rest being engine and program. */
  readonly tensorMemoryMb: number;
  /** Batches that were tried. */
  readonly probes: readonly number[];
}

/** Share of a machine's memory that a training may plan to take, and that a smaller batch is cut down to. */
const TOO_MUCH = 0.9;
const COMFORTABLE = 0.7;

/**
 * How many images at a time would fit, where the planned ones do not.
 *
 * @param atOnce - images at a time of the plan
 * @param memoryMb - of the machine
 * @returns undefined where the plan fits
 */
export function fittingMicroBatch(
  { peakMemoryMb }: Pick<TrainingPlan, 'peakMemoryMb'>,
  atOnce: number,
  memoryMb: number,
): number | undefined {
  if (peakMemoryMb <= TOO_MUCH * memoryMb) return undefined;
  return Math.max(1, Math.floor((COMFORTABLE * memoryMb * atOnce) / peakMemoryMb));
}

interface Probe {
  readonly images: number;
  readonly seconds: number;
  readonly bytes: number;
}

/** Steps of a probe that are timed, after one that is not. */
const TIMED = 3;

/** Tries the configuration at two batches of few images; nothing is written, and nothing is left in memory. */
export async function planTraining(config: TrainConfig, dataset: Dataset): Promise<TrainingPlan> {
  const statistics = await channelStatistics(dataset, { seed: config.seed, images: 16 });
  const baseline = process.memoryUsage().rss; // engine, program, images
  // A step in parts holds one part at a time.
  const { batchSize, microBatch = batchSize } = config;
  const atOnce = Math.min(microBatch, batchSize);
  const large = Math.min(atOnce, 4);
  const sizes = large === 1 ? [1] : [Math.ceil(large / 2), large];
  const probes: Probe[] = [];
  for (const images of sizes) probes.push(await probe({ ...config, batchSize: images }, dataset, statistics));
  const passes = atOnce < batchSize ? PASSES_IN_PARTS : 1;
  const secondsPerStep = passes * (extrapolate(probes, 'seconds', atOnce) / atOnce) * batchSize;
  const last = probes[probes.length - 1];
  const bytes =
    extrapolate(probes, 'bytes', atOnce) * residentShare(last.bytes, process.resourceUsage().maxRSS * 1024 - baseline);
  const seconds = config.steps * secondsPerStep;
  return {
    steps: config.steps,
    batchSize,
    secondsPerStep,
    seconds: config.minutes === undefined ? seconds : Math.min(seconds, config.minutes * 60),
    peakMemoryMb: (baseline + bytes) / 2 ** 20,
    tensorMemoryMb: bytes / 2 ** 20,
    probes: sizes,
  };
}

/** Tensors of fewer bytes drown in what the rest of a program takes and frees. */
const MEASURABLE = 2 ** 26;

/**
 * What of the bytes that TensorFlow.js counts is memory: it counts a reshaped tensor anew, which shares its values on native
 * TensorFlow. Taken from the largest probe, held against what the process grew by at its peak.
 */
function residentShare(counted: number, grown: number): number {
  if (tf.getBackend() === 'webgpu' || counted < MEASURABLE) return 1;
  return Math.min(1.25, Math.max(0.5, grown / counted));
}

/** A step goes forward once, and backward at twice the cost; in parts it goes forward twice. */
const PASSES_IN_PARTS = 4 / 3;

async function probe(
  config: TrainConfig,
  dataset: Dataset,
  statistics: Awaited<ReturnType<typeof channelStatistics>>,
): Promise<Probe> {
  const session = new TrainingSession({ ...config, microBatch: undefined }, dataset, statistics);
  try {
    await session.next(); // the first step makes what later ones use again
    const seconds: number[] = [];
    for (let step = 0; step < TIMED; step++) {
      const started = session.seconds;
      await session.next();
      seconds.push(session.seconds - started);
    }
    const { peakBytes } = await tf.profile(async () => void (await session.next()));
    // The fastest: other work on the machine only adds.
    return { images: config.batchSize, seconds: Math.min(...seconds), bytes: peakBytes };
  } finally {
    await session.dispose();
  }
}

/** The line through the probes, at `images`. */
function extrapolate(probes: readonly Probe[], field: 'seconds' | 'bytes', images: number): number {
  const [first, last] = [probes[0], probes[probes.length - 1]];
  const slope = first === last ? 0 : (last[field] - first[field]) / (last.images - first.images);
  // A probe that was disturbed may say that more images cost less.
  return last[field] + Math.max(0, slope) * (images - last.images);
}
