/**
 * A training that processes share: the first one leads (train.ts) and writes, the others take the same steps and write
 * nothing. What they begin with comes from the first, so that no other needs to see the run's folder.
 */
import { createHash } from 'node:crypto';
import { useEngine, type EnginePreference } from '@autoregseg/engine';
import type { Communicator } from '../distributed/communicator.js';
import { UserError } from '../errors.js';
import { openTrainingData } from '../features/feature-training.js';
import type { Checkpoint } from '../run/checkpoint.js';
import type { RunConfig } from '../run/run-config.js';
import { decodeSafetensors, encodeSafetensors } from '../run/safetensors.js';
import type { SessionState } from './session-state.js';
import { TrainingSession } from './session.js';

/** What all processes begin with. */
interface Start {
  readonly run: RunConfig;
  /** Of all images: each process must see the same ones. */
  readonly ids: readonly string[];
  readonly checkpoint: Checkpoint<SessionState>;
}

export interface FollowRequest {
  /** The run's folder, where feature maps lie; it is not written to. */
  readonly out: string;
  readonly engine?: EnginePreference;
  readonly cache?: string;
  /** Aborted: all processes stop after the step under way. */
  readonly signal?: AbortSignal;
  readonly onWarning?: (message: string) => void;
}

/** The first process's word to all others. */
export function sendStart(team: Communicator, { run, ids, checkpoint }: Start): void {
  if (team.size === 1) return;
  const { step, state, tensors } = checkpoint;
  const said = { run, images: ids.length, digest: digestOf(ids), step, state };
  team.broadcast(encodeSafetensors({ tensors, metadata: { start: JSON.stringify(said) } }));
}

/**
 * Takes every step of a training that another process leads.
 *
 * @throws UserError when this process sees other images than the first
 */
export async function follow(team: Communicator, request: FollowRequest): Promise<void> {
  await useEngine(request.engine);
  const { tensors, metadata } = decodeSafetensors(team.broadcast(new Uint8Array()));
  const { run, images, digest, step, state } = JSON.parse(metadata.start) as Said;
  const { out, cache, onWarning, signal } = request;
  const dataset = await openTrainingData(run, out, { cache, onWarning });
  try {
    if (digestOf(dataset.ids) !== digest) {
      throw new UserError(
        `this process sees ${dataset.size} images, the first one ${images} or others of the same number: ` +
          'all must read the same folder. Put it on storage that all machines share, or copy it to each.',
      );
    }
    const session = new TrainingSession(run.config, dataset, run.statistics, { from: { step, state, tensors }, team });
    try {
      while (await goesOn(team, () => signal?.aborted === true)) await session.next();
    } finally {
      await session.dispose();
    }
  } finally {
    if ('close' in dataset) await dataset.close();
  }
}

/**
 * Whether there is a next step: not when any process wants to stop.
 *
 * Ctrl-C and other events are seen between steps: the engine's own work is synchronous.
 */
export async function goesOn(team: Communicator, wantsToStop: () => boolean): Promise<boolean> {
  await new Promise(setImmediate);
  const votes = Float32Array.of(wantsToStop() ? 1 : 0);
  team.allReduceSum(votes);
  return votes[0] === 0;
}

interface Said extends Pick<Start, 'run'>, Pick<Checkpoint<SessionState>, 'step' | 'state'> {
  readonly images: number;
  readonly digest: string;
}

function digestOf(ids: readonly string[]): string {
  return createHash('sha256').update(ids.join('\n')).digest('hex');
}
