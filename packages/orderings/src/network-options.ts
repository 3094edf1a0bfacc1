/**
 * What a network is made of, and the check of it.
 */
import { MASK_FORMS, type MaskForm } from './kernel-mask.js';
import type { Normalization } from './residual-block.js';
import type { OutputStride } from './stem.js';

export interface NetworkOptions {
  /** Channels C of the images. */
  readonly channels: number;
  /** Clusters K of each head, by its name; {} for a network of features alone. */
  readonly heads: Readonly<Record<string, number>>;
  /** Channels of the stem's maps; each residual block doubles them. @defaultValue 64 */
  readonly stemChannels?: number;
  /** Pixels per position of the maps, along each axis: 2 or 4; 1 where the input is a map of features. @defaultValue 2 */
  readonly outputStride?: OutputStride;
  /** The slopes of the image as two channels more; not at output stride 1. @defaultValue false */
  readonly edges?: boolean;
  /** Residual blocks. @defaultValue 2 */
  readonly blocks?: number;
  /** After which blocks, counted from 1, an attention block comes. @defaultValue [] */
  readonly attention?: readonly number[];
  /** Taps along rows and columns of the masked kernels, odd: how far a block looks. @defaultValue 3 */
  readonly kernelSize?: number;
  /** Positions between two taps of each block's masked kernel, one number a block; [] stands for 1 each. @defaultValue [] */
  readonly dilations?: readonly number[];
  /** Side of the window, in positions, odd, whose mean is set beside the last block's features; 0 for none. @defaultValue 0 */
  readonly contextSize?: number;
  /** Where the masked kernels lie: 'shifted' or 'centered'. @defaultValue 'shifted' */
  readonly form?: MaskForm;
  /** Channels of the features, by a 1x1 convolution at the end. @defaultValue null: those of the last block, and of its context */
  readonly featureSize?: number | null;
  /** After each sub-block; 'batch' lets statistics cross positions in training. @defaultValue 'none' */
  readonly normalization?: Normalization;
  /** Share of channels dropped in each sub-block's branch in training, in [0, 1). @defaultValue 0 */
  readonly dropout?: number;
  /** Seed of the initial weights, an integer. */
  readonly seed: number;
}

/** The options with all defaults filled in: plain JSON. */
export type NetworkConfig = Required<NetworkOptions>;

/** @throws RangeError that names every fault at once */
export function resolveNetworkOptions(options: NetworkOptions): NetworkConfig {
  const { channels, stemChannels = 64, outputStride = 2, blocks = 2, form = 'shifted', featureSize = null } = options;
  const { edges = false, kernelSize = 3, contextSize = 0, normalization = 'none', dropout = 0, seed } = options;
  const heads = { ...options.heads };
  const attention = [...(options.attention ?? [])];
  const given = options.dilations ?? [];
  const dilations = given.length > 0 ? [...given] : Array.from({ length: blocks }, () => 1);
  const masked = { blocks, attention, kernelSize, dilations, contextSize, form, featureSize, normalization, dropout };
  const config: NetworkConfig = { channels, stemChannels, outputStride, edges, ...masked, heads, seed };
  const faults = [...countFaults(config), ...choiceFaults(config)];
  if (faults.length > 0) throw new RangeError(`createNetwork: ${faults.join('; ')}`);
  return config;
}

function countFaults({ channels, stemChannels, blocks, featureSize, heads }: NetworkConfig): string[] {
  const counts = { channels, stemChannels, blocks, featureSize: featureSize ?? 1 };
  const headCounts = Object.entries(heads).map(([head, clusters]) => [`heads.${head}`, clusters] as const);
  return [...Object.entries(counts), ...headCounts]
    .filter(([, count]) => !Number.isInteger(count) || count < 1)
    .map(([name, count]) => `${name} must be a positive integer, got ${count}`);
}

function choiceFaults({
  outputStride,
  edges,
  blocks,
  attention,
  kernelSize,
  dilations,
  contextSize,
  form,
  normalization,
  dropout,
  seed,
}: NetworkConfig): string[] {
  const faults: string[] = [];
  if (![1, 2, 4].includes(outputStride)) faults.push(`outputStride must be 1, 2 or 4, got ${String(outputStride)}`);
  if (edges && outputStride === 1) faults.push('edges need images, outputStride 2 or 4, got 1');
  const known = attention.every((block) => Number.isInteger(block) && block >= 1 && block <= blocks);
  if (!known || new Set(attention).size < attention.length) {
    faults.push(`attention must name blocks from 1 to ${blocks}, each once, got [${attention}]`);
  }
  if (!(Number.isInteger(kernelSize) && kernelSize >= 1 && kernelSize % 2 === 1)) {
    faults.push(`kernelSize must be an odd integer of at least 1, got ${kernelSize}`);
  }
  const wholes = dilations.every((dilation) => Number.isInteger(dilation) && dilation >= 1);
  if (!wholes || dilations.length !== blocks) {
    faults.push(`dilations must be ${blocks} positive integers, one a block, or none, got [${dilations}]`);
  }
  if (contextSize !== 0 && !(Number.isInteger(contextSize) && contextSize >= 1 && contextSize % 2 === 1)) {
    faults.push(`contextSize must be 0 or an odd integer, got ${contextSize}`);
  }
  if (!MASK_FORMS.includes(form)) faults.push(`form must be one of ${MASK_FORMS.join(', ')}, got '${String(form)}'`);
  if (normalization !== 'none' && normalization !== 'batch') {
    faults.push(`normalization must be one of none, batch, got '${String(normalization)}'`);
  }
  if (!(dropout >= 0 && dropout < 1)) faults.push(`dropout must be in [0, 1), got ${dropout}`);
  if (!Number.isSafeInteger(seed)) faults.push(`seed must be an integer, got ${seed}`);
  return faults;
}
