/** What a checkpoint keeps beside tensors, checked field by field: it may come from elsewhere, with a right hash. */
import type { BatchState } from '@autoregseg/data';
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { Checkpoint } from '../run/checkpoint.js';
import type { TrainConfig } from './config.js';
import { createObjective } from './create-objective.js';

/** JSON-safe. */
export interface SessionState extends FinishedState {
  readonly optimizerStep: number;
  /** Absent in an imported network: batches start anew. */
  readonly batches?: BatchState;
  /** What the head that segments is chosen by (head-choice.ts). */
  readonly information: readonly number[];
  readonly kappa?: readonly number[];
  /** Seconds of training so far. */
  readonly seconds: number;
  readonly dataSeconds: number;
  /** Whether all is made that finish.ts makes after the last step. */
  readonly fitted: boolean;
}

/** What takes the place of the best main head. */
export interface FinishedState {
  /** What overclusters are merged into: these segment, or teach the distilled head. */
  readonly merged?: MergedOverclusters;
  /** The head that taught the distilled one, which segments: a main head, or that of the overclusters, merged. */
  readonly distilled?: string;
}

export interface MergedOverclusters {
  readonly clusters: number;
  /** [overclusters] the cluster that each belongs to. */
  readonly of: readonly number[];
}

const count = z.int().min(0);

export const mergedSchema = z
  .object({ clusters: count.positive(), of: z.array(count).nonempty() })
  .refine(({ clusters, of }) => of.every((id) => id < clusters), 'must merge into no other clusters than its own');

const schema = z.object({
  step: count,
  optimizerStep: count,
  batches: z.object({ seed: z.int(), epoch: count, position: count, size: count.positive() }).optional(),
  information: z.array(z.number()).nonempty(),
  // Early runs, and networks from elsewhere, do not say.
  kappa: z.array(z.number()).optional(),
  seconds: z.number().min(0),
  // Early runs said neither.
  dataSeconds: z.number().min(0).default(0),
  // Early runs did not say, or with `--method ac` said so from their first step on.
  fitted: z.boolean().default(true),
  merged: mergedSchema.optional(),
  distilled: z.string().optional(),
});

/** @throws UserError when the state is not one of a training of this configuration */
export function sessionStateOf({ step, state }: Checkpoint<unknown>, config: TrainConfig): SessionState {
  const checked = schema.safeParse(typeof state === 'object' ? { ...state, step } : state);
  if (!checked.success) {
    const faults = z.prettifyError(checked.error).replaceAll(/\s+/g, ' ').slice(0, 400);
    throw new UserError(`the checkpoint of step ${step} is none of this program: ${faults}. Train again.`);
  }
  const misfit = misfitOf(checked.data, config);
  if (misfit !== undefined) throw new UserError(`the checkpoint of step ${step} ${misfit}.`);
  return checked.data;
}

/** What a network of this configuration cannot have, to be said of where the state is from; undefined where all fits. */
export function misfitOf(
  { information, kappa = information, merged, distilled }: Pick<SessionState, 'information' | 'kappa'> & FinishedState,
  config: TrainConfig,
): string | undefined {
  const heads = createObjective(config).mainHeads.length;
  const other = [information, kappa].find(({ length }) => length !== heads);
  if (other !== undefined) return `is of ${other.length} main heads, its configuration has ${heads}`;
  if (merged !== undefined && merged.of.length !== config.overclusters) {
    return `merges ${merged.of.length} overclusters, its configuration has ${config.overclusters}`;
  }
  if (distilled !== undefined && !config.distil) {
    return 'segments with a distilled head, which its configuration does not have';
  }
  return undefined;
}
