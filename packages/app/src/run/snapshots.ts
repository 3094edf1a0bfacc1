/**
 * The network at a few steps of its training, weights alone: what `autoregseg view` shows the way of the clusters by.
 *
 *   RUN/snapshots/step-00000012.safetensors
 *
 * Steps lie closer together at the start, where most happens.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Network, SavedWeight } from '@autoregseg/orderings';
import { writeFileAtomic } from './atomic-file.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** Snapshots of a run at most, the last step not counted: that one is a checkpoint. */
const COUNT = 8;

/** Steps of a training after which a snapshot is taken: 1, and then as the square of their number. */
export function snapshotSteps(steps: number): readonly number[] {
  const squares = Array.from({ length: COUNT }, (_, i) => Math.max(1, Math.round(steps * (i / COUNT) ** 2)));
  return [...new Set(squares)].filter((step) => step < steps);
}

export async function writeSnapshot(run: string, step: number, network: Network): Promise<void> {
  await network.fetch();
  const folder = join(run, 'snapshots');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `step-${String(step).padStart(8, '0')}.safetensors`);
  writeFileAtomic(file, encodeSafetensors({ tensors: network.save().weights, metadata: { step: String(step) } }));
}

/** Steps that have one, in order. */
export function listSnapshots(run: string): number[] {
  const folder = join(run, 'snapshots');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).map((name) => /^step-(\d{8})\.safetensors$/.exec(name)?.[1]);
  return names.flatMap((step) => (step === undefined ? [] : [Number(step)])).sort((a, b) => a - b);
}

/** @throws Error when there is none of that step, or it is damaged */
export function readSnapshot(run: string, step: number): Readonly<Record<string, SavedWeight>> {
  const file = join(run, 'snapshots', `step-${String(step).padStart(8, '0')}.safetensors`);
  return decodeSafetensors(readFileSync(file)).tensors;
}

/** Drops what an earlier, longer training left: a resumed one repeats those steps. */
export function dropSnapshotsAfter(run: string, step: number): void {
  for (const later of listSnapshots(run).filter((taken) => taken > step)) {
    rmSync(join(run, 'snapshots', `step-${String(later).padStart(8, '0')}.safetensors`));
  }
}
