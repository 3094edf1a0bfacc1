/**
 * Every choice that a training run depends on, in one typed and validated object.
 *
 * `default` is what `segment`, `demo` and `train` use: orderings as views, with an overclustering head, several main
 * heads, photometric jitter, flips and batch normalisation on top, because orderings alone settle on too coarse a
 * partition within a few hundred steps, and with the mean of each position's surroundings beside its features
 * (docs/results.md). The recipes of [1] are in paper-presets.ts.
 *
 * [1] Ouali, Hudelot, Tami. Autoregressive Unsupervised Image Segmentation. ECCV 2020.
 */
import { z } from 'zod';
import { PAPER_PRESETS } from './paper-presets.js';

const positive = z.number().int().positive();
const share = z.number().min(0).max(1);

/** The network's part of a run; what `createNetwork` is given beside channels, heads and seed. */
export const networkSchema = z.strictObject({
  stemChannels: positive.default(32),
  /** Side of one position of the masked part, in image pixels; 1 on feature maps. */
  outputStride: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
  /** The slopes of the image as two channels more; not at output stride 1. */
  edges: z.boolean().default(false),
  /** Residual blocks; each doubles the channels. */
  blocks: positive.max(6).default(2),
  /** Taps along rows and columns of the masked kernels, odd: how far a block looks. */
  kernelSize: z
    .int()
    .positive()
    .max(15)
    .refine((taps) => taps % 2 === 1, 'must be odd')
    .default(3),
  /** Positions between two taps of each block's masked kernel, one number a block; [] for 1 everywhere. */
  dilations: z.array(positive.max(64)).default([]),
  /** Side of the window, in positions, whose mean is set beside each position's features, odd; 0 for none. */
  contextSize: z
    .int()
    .min(0)
    .max(63)
    .refine((side) => side === 0 || side % 2 === 1, 'must be 0 or odd')
    .default(0),
  form: z.enum(['shifted', 'centered']).default('shifted'),
  /** `batch`: batch normalisation after each sub-block; its statistics cross positions, so only `none` is causal. */
  normalization: z.enum(['none', 'batch']).default('batch'),
  /** After which blocks, counted from 1, an attention block comes. */
  attention: z.array(positive).default([]),
  /** Share of channels that each sub-block drops in training. */
  dropout: z.number().min(0).lt(1).default(0),
});

export const trainConfigSchema = z.strictObject({
  /** `ac`: clusters by mutual information; `arl`: features by InfoNCE, clustered by K-means at the end. */
  method: z.enum(['ac', 'arl']).default('ac'),
  /** K: clusters of each main head. */
  clusters: z.number().int().min(2).max(255),
  /** Main heads trained side by side; the one that two orderings agree on most is kept at the end (head-choice.ts). */
  mainHeads: positive.max(20).default(5),
  /** Clusters of the overclustering head that shapes the features; 0 for none. */
  overclusters: z.number().int().min(0).max(255).default(24),
  /** `joint`: main and overclustering heads in every step; `alternate`: they take turns by epochs. */
  headTraining: z.enum(['joint', 'alternate']).default('joint'),
  network: networkSchema.prefault({}),
  /** Names of the orderings that views are drawn from. */
  orderings: z.array(z.string()).min(1).optional(),
  /** How two orderings are drawn; `unmasked`: neither view is masked, as in IIC, and they differ by augmentation alone. */
  pairing: z.enum(['distinct', 'independent', 'opposite', 'same', 'unmasked']).default('distinct'),
  /** Image pixels per position of the maps that are compared, along each axis; more is coarser, and faster. */
  comparisonStride: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(4),
  /** T: half side of the window of displacements, in image pixels. */
  halfWindow: z.number().int().min(0).default(6),
  joint: z.enum(['pooled', 'per-displacement']).default('pooled'),
  /** Weight of the marginal entropies; more than 1 pushes towards clusters of equal size. */
  entropyWeight: z.number().positive().default(1),
  /** The same for the overclustering head. */
  overEntropyWeight: z.number().positive().default(1),
  /** Segment with the overclusters merged by their tree, where the main head leaves a cluster hardly used (merged-overclusters.ts). */
  mergeOverclusters: z.boolean().default(false),
  /** Segment with a head that is taught, after the last step, what the eight orderings agree on (distilled-head.ts). */
  distil: z.boolean().default(false),
  /**
   * Groups of like light, of at least three, that the images of a step are sorted into: the main heads' information is
   * that within groups. 1: all images together, as in [1].
   */
  lightGroups: positive.default(3),
  /** AC: weight of the contrast of features beside the information of clusters; 0 for none, as in [1]. */
  contrastWeight: z.number().min(0).default(0),
  /** Size of the projected features that are contrasted, here and below: those of ARL, or of AC beside its clusters. */
  projection: positive.max(1024).default(64),
  /** The smaller, the more the closest negatives count. */
  temperature: z.number().positive().default(0.1),
  /** Places of the batch that each place is told apart from, at most. */
  negatives: positive.default(1024),
  /** Strength of the photometric jitter, another for each view; 0 for none. */
  jitter: share.default(0.3),
  /** Mirror the second view (undone on its output) with probability one half. */
  flip: z.boolean().default(true),
  /** The second view shows a window that keeps at least this share of the sides, enlarged (undone on its output); 1 for none. */
  viewCrop: z.number().min(0.25).max(1).default(1),
  /** Side lengths of the training crops, in pixels. */
  crop: z.tuple([positive, positive]).default([96, 96]),
  batchSize: positive.default(12),
  /** Images computed at a time, in a step of two passes; by default the whole batch in one. */
  microBatch: positive.optional(),
  learningRate: z.number().positive().default(2e-3),
  /** Steps over which the learning rate rises from 0. */
  warmupSteps: z.number().int().min(0).default(20),
  /** How the learning rate falls towards the end of the run. */
  decay: z.enum(['none', 'cosine']).default('cosine'),
  steps: positive.default(300),
  /** Wall-clock limit in minutes, whichever of the two comes first. */
  minutes: z.number().positive().optional(),
  checkpointEvery: positive.default(100),
  /** Checkpoints that a run keeps: the newest, and some to fall back to. */
  keepCheckpoints: positive.default(2),
  seed: z.number().int().min(0).max(0x7fffffff).default(0),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;
export type TrainConfigInput = z.input<typeof trainConfigSchema>;

/** Little more than a quarter of the default's steps, of main heads alone: for a first look, or textures that are easily told apart. */
const QUICK = {
  contrastWeight: 1,
  network: { contextSize: 7 },
  steps: 300,
  distil: true,
} satisfies Partial<TrainConfigInput>;

/** Overclusters are as many as the number of clusters asks for (`overclustersFor`). */
const DEFAULT = { ...QUICK, steps: 1100, mergeOverclusters: true } satisfies Partial<TrainConfigInput>;

/**
 * More steps, a larger field, and clusters of more equal size, in all images together, without context and contrast:
 * parts textures that the default does not (docs/results.md).
 */
const THOROUGH = {
  lightGroups: 1,
  network: { dilations: [1, 4] },
  entropyWeight: 1.3,
  overEntropyWeight: 1.3,
  steps: 1200,
} satisfies Partial<TrainConfigInput>;

/** Named recipes: what differs from the schema's own defaults. */
export const PRESETS = {
  default: DEFAULT,
  quick: QUICK,
  thorough: THOROUGH,
  ...PAPER_PRESETS,
} as const satisfies Record<string, Partial<TrainConfigInput>>;

export type PresetName = keyof typeof PRESETS;

/**
 * The whole configuration from a preset and what the caller changes of it.
 *
 * @throws TypeError that lists every fault at once, one a line
 */
export function resolveConfig(preset: PresetName, changes: TrainConfigInput): TrainConfig {
  const base: Partial<TrainConfigInput> = {
    ...(preset === 'default' && { overclusters: overclustersFor(changes.clusters) }),
    ...PRESETS[preset],
  };
  const network = { ...base.network, ...changes.network };
  const parsed = trainConfigSchema.safeParse({ ...base, ...defined(changes), network: defined(network) });
  if (!parsed.success) throw new TypeError(`train: the configuration has faults\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Six for each cluster, 24 at least: with four for each of six textures, some of them are never told apart (docs/results.md). */
function overclustersFor(clusters: number): number {
  return Math.min(255, Math.max(24, 6 * clusters));
}

/** Without the keys whose value is undefined, so that an option not given does not hide a preset's. */
function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
