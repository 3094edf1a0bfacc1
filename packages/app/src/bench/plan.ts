/**
 * What a training will cost, before it starts: seconds and peak memory, from a few steps at small batches.
 *
 * Time and memory of a step are linear in the images of a batch, so two small batches tell a large one; and since the steps
 * are those of the training itself, on its own dataset and engine, whatever a recipe adds is in them. Steps that come first, and
 * images that are read for the first time, take longer: they are counted by themselves.
 */
import { cachedShare, channelStatistics, type Dataset } from '@autoregseg/data';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from '../training/config.js';
import { TrainingSession } from '../training/session.js';

export interface TrainingPlan {
  readonly steps: number;
  readonly batchSize: number;
  /** Of a step that waits for no image. */
  readonly secondsPerStep: number;
  /** What the first steps take longer than later ones. */
  readonly startSeconds: number;
  /** What all steps wait for images to be read. */
  readonly dataSeconds: number;
  /** Of all steps, start and waiting included; of `minutes`, where the run ends earlier by them. */
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
  /** Of a later step, without waiting. */
  readonly seconds: number;
  /** What the first steps took longer, without waiting. */
  readonly startSeconds: number;
  readonly waitSecondsPerImage: number;
  readonly bytes: number;
}

/** Steps of a probe that make what later ones use again, and while which images are read ahead. */
const STARTING = 2;
/** Steps after them. */
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
  const startSeconds = extrapolate(probes, 'startSeconds', atOnce);
  const dataSeconds = last.waitSecondsPerImage * (await imagesRead(dataset, config.steps * batchSize));
  const seconds = startSeconds + config.steps * secondsPerStep + dataSeconds;
  return {
    steps: config.steps,
    batchSize,
    secondsPerStep,
    startSeconds,
    dataSeconds,
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
    const starting = await timeSteps(session, STARTING);
    const timed = await timeSteps(session, TIMED);
    const { peakBytes } = await tf.profile(async () => void (await session.next()));
    // The fastest: other work on the machine only adds.
    const seconds = Math.min(...timed.seconds);
    const images = config.batchSize;
    return {
      images,
      seconds,
      startSeconds: Math.max(0, sum(starting.seconds) - STARTING * seconds),
      waitSecondsPerImage: timed.waitSeconds / (TIMED * images),
      bytes: peakBytes,
    };
  } finally {
    await session.dispose();
  }
}

/** Seconds of each of the next steps without its waiting for images, and the waiting of all. */
async function timeSteps(session: TrainingSession, steps: number) {
  const waitedBefore = session.dataSeconds;
  const seconds: number[] = [];
  for (let step = 0; step < steps; step++) {
    const busy = session.seconds - session.dataSeconds;
    await session.next();
    seconds.push(session.seconds - session.dataSeconds - busy);
  }
  return { seconds, waitSeconds: session.dataSeconds - waitedBefore };
}

/** Of `images` that a training takes, those that are read; the others are in memory still. */
async function imagesRead(dataset: Dataset, images: number): Promise<number> {
  const again = Math.max(0, images - dataset.size);
  return images - again * (await cachedShare(dataset));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The line through the probes, at `images`. */
function extrapolate(probes: readonly Probe[], field: 'seconds' | 'startSeconds' | 'bytes', images: number): number {
  const [first, last] = [probes[0], probes[probes.length - 1]];
  const slope = first === last ? 0 : (last[field] - first[field]) / (last.images - first.images);
  // A probe that was disturbed may say that more images cost less.
  return last[field] + Math.max(0, slope) * (images - last.images);
}
