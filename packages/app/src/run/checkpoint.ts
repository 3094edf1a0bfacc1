/**
 * Checkpoints: weights, optimizer moments and the state of everything random, in one safetensors file.
 *
 * A file is whole or absent (atomic-file.ts); its data is hashed, and one whose hash is wrong is passed over for the one
 * before it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { writeFileAtomic } from './atomic-file.js';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from './safetensors.js';

/** How many checkpoints of a run are kept: the newest, and one to fall back to. */
const KEPT = 2;

export interface Checkpoint<State> {
  readonly step: number;
  readonly tensors: Readonly<Record<string, NamedArray>>;
  /** JSON-safe. */
  readonly state: State;
}

/** Writes RUN/checkpoints/step-NNNNNNNN.safetensors and removes all but the newest few. */
export function writeCheckpoint<State>(run: string, { step, tensors, state }: Checkpoint<State>): void {
  const folder = join(run, 'checkpoints');
  mkdirSync(folder, { recursive: true });
  const metadata = { step: String(step), state: JSON.stringify(state), sha256: digest(tensors) };
  writeFileAtomic(join(folder, fileName(step)), encodeSafetensors({ tensors, metadata }));
  for (const old of listCheckpoints(run).slice(0, -KEPT)) rmSync(join(folder, old));
}

/**
 * The newest checkpoint that is whole.
 *
 * @param onWarning - told of each damaged file that was passed over
 * @returns undefined when the run has none
 * @throws UserError when it has some and all are damaged: going on would be starting anew in silence
 */
export function readNewestCheckpoint<State>(
  run: string,
  onWarning: (message: string) => void = () => {},
): Checkpoint<State> | undefined {
  const names = listCheckpoints(run);
  for (const name of names.toReversed()) {
    const file = join(run, 'checkpoints', name);
    try {
      return readCheckpoint<State>(file);
    } catch (error) {
      onWarning(`${file} is damaged (${(error as Error).message}); looking for the checkpoint before it`);
    }
  }
  if (names.length > 0) {
    throw new UserError(
      `${run}: every checkpoint is damaged (${names.join(', ')}). Restore one from a copy, or train anew.`,
    );
  }
  return undefined;
}

function readCheckpoint<State>(file: string): Checkpoint<State> {
  const { tensors, metadata } = decodeSafetensors(readFileSync(file));
  const found = digest(tensors);
  if (found !== metadata.sha256) throw new Error(`its data hashes to ${found}, not to ${metadata.sha256}`);
  return { step: Number(metadata.step), tensors, state: JSON.parse(metadata.state) as State };
}

/** File names, oldest first. */
function listCheckpoints(run: string): string[] {
  const folder = join(run, 'checkpoints');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^step-\d+\.safetensors$/.test(name))
    .sort();
}

function fileName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.safetensors`;
}

function digest(tensors: Readonly<Record<string, NamedArray>>): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
