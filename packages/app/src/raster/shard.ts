/**
 * One job among several that share the work: `i/n`, counted from 0, or what a scheduler says in its variables.
 *
 * Slurm: SLURM_ARRAY_TASK_ID from SLURM_ARRAY_TASK_MIN on in steps of SLURM_ARRAY_TASK_STEP, SLURM_ARRAY_TASK_COUNT in all.
 * Kubernetes, an indexed job: JOB_COMPLETION_INDEX; it does not tell the number of completions, which `auto/n` says.
 */
import { UsageError } from '../errors.js';

export interface Shard {
  /** From 0 to of - 1. */
  readonly index: number;
  readonly of: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const WHOLE: Shard = { index: 0, of: 1 };

/**
 * @param text - `3/16`, `auto` or `auto/16`
 * @throws UsageError when it is neither, or the variables are not set
 */
export function parseShard(text: string, environment: Environment): Shard {
  const [first, count, ...rest] = text.split('/');
  const of = count === undefined ? undefined : Number(count);
  if (rest.length > 0 || (first !== 'auto' && !/^\d+$/.test(first)) || (of !== undefined && !isCount(of))) {
    throw new UsageError(`--shard: i/n from 0/n to (n-1)/n, auto, or auto/n is needed, got '${text}'`);
  }
  const shard = first === 'auto' ? scheduled(of, environment) : { index: Number(first), of };
  if (shard.of === undefined) throw new UsageError(`--shard ${text}: of how many? Such as ${text}/16.`);
  if (shard.index >= shard.of) {
    throw new UsageError(
      `--shard ${text}: counted from 0, the last of ${shard.of} is ${shard.of - 1}, got ${shard.index}`,
    );
  }
  return { index: shard.index, of: shard.of };
}

/** The items of a shard among `items`: a run of neighbours, which share what is read. */
export function shardRange({ index, of }: Shard, items: number): readonly [start: number, end: number] {
  return [Math.floor((index * items) / of), Math.floor(((index + 1) * items) / of)];
}

function scheduled(of: number | undefined, environment: Environment): { index: number; of: number | undefined } {
  const number = (name: string) => (environment[name] ? Number(environment[name]) : undefined);
  const task = number('SLURM_ARRAY_TASK_ID');
  if (task !== undefined) {
    const step = number('SLURM_ARRAY_TASK_STEP') ?? 1;
    const index = (task - (number('SLURM_ARRAY_TASK_MIN') ?? 0)) / step;
    return { index, of: of ?? number('SLURM_ARRAY_TASK_COUNT') };
  }
  const completion = number('JOB_COMPLETION_INDEX');
  if (completion !== undefined) return { index: completion, of };
  throw new UsageError(
    '--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; give it as i/n, such as 0/16',
  );
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 1;
}
