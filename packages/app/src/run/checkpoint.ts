/**
 * Checkpoints: weights, optimizer moments and the state of everything random, in one safetensors file.
 *
 * A file is whole or absent (atomic-file.ts); all that it says is hashed, and one whose hash is wrong is passed over for
 * the one before it. Nothing in it is code: tensors, and one JSON text in the header's metadata.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { removeLeftovers, writeFileAtomic } from './atomic-file.js';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from './safetensors.js';

/** Grows by one when an older program could no longer read what is written; how files are hashed never changes. */
const CHECKPOINT_VERSION = '1';

/** How many checkpoints of a run are kept unless it says otherwise: the newest, and one to fall back to. */
const CHECKPOINTS_KEPT = 2;

export interface Checkpoint<State> {
  readonly step: number;
  readonly tensors: Readonly<Record<string, NamedArray>>;
  /** JSON-safe. */
  readonly state: State;
}

/**
 * Writes RUN/checkpoints/step-NNNNNNNN.safetensors and removes all but the newest `keep`.
 *
 * @throws UserError when the folder can't be written or the disk is full; the checkpoints before stay whole then
 */
export function writeCheckpoint<State>(
  run: string,
  { step, tensors, state }: Checkpoint<State>,
  { keep = CHECKPOINTS_KEPT }: { readonly keep?: number } = {},
): void {
  const folder = checkpointFolder(run);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UserError(`cannot write ${folder}: ${(error as Error).message}. Free space or choose another folder.`);
  }
  const said = { version: CHECKPOINT_VERSION, step: String(step), state: JSON.stringify(state) };
  const metadata = { ...said, sha256: digest(said, tensors) };
  writeFileAtomic(join(folder, fileName(step)), encodeSafetensors({ tensors, metadata }));
  for (const old of listCheckpoints(run).slice(0, -keep)) rmSync(join(folder, old), { force: true });
}

/**
 * The newest checkpoint that is whole.
 *
 * @param onWarning - told of each damaged file that was passed over
 * @returns undefined when the run has none
 * @throws UserError when it has some and all are damaged: going on would be starting anew in silence; or when one is
 * whole but of another version
 */
export function readNewestCheckpoint<State>(
  run: string,
  onWarning: (message: string) => void = () => {},
): Checkpoint<State> | undefined {
  const names = listCheckpoints(run);
  for (const name of names.toReversed()) {
    const file = join(checkpointFolder(run), name);
    try {
      return readCheckpoint<State>(file);
    } catch (error) {
      if (error instanceof UserError) throw error;
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

/** Removes what a writer that was killed left there; the run's lock must be held. */
export function cleanCheckpoints(run: string): void {
  removeLeftovers(checkpointFolder(run));
}

function readCheckpoint<State>(file: string): Checkpoint<State> {
  const { tensors, metadata } = decodeSafetensors(readFileSync(file));
  const { version, step, state, sha256 } = metadata;
  const found = digest({ version, step, state }, tensors);
  if (found !== sha256) throw new Error(`its content hashes to ${found}, not to ${sha256}`);
  if (version !== CHECKPOINT_VERSION) {
    throw new UserError(
      `${file} was written as checkpoint version ${version}; this program reads version ${CHECKPOINT_VERSION}. ` +
        'Use the release of autoregseg that made it, or train again.',
    );
  }
  return { step: Number(step), tensors, state: JSON.parse(state) as State };
}

function checkpointFolder(run: string): string {
  return join(run, 'checkpoints');
}

/** File names, oldest first. */
function listCheckpoints(run: string): string[] {
  const folder = checkpointFolder(run);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^step-\d+\.safetensors$/.test(name))
    .sort();
}

function fileName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.safetensors`;
}

/** SHA-256 of all that a checkpoint says (version, step, state, in this order), tensors with their names and shapes. */
export function digest(said: Readonly<Record<string, string>>, tensors: Readonly<Record<string, NamedArray>>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(said));
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
