/** A training that is killed again and again, and one that is left alone. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { readNewestCheckpoint, type Checkpoint } from '../run/checkpoint.js';
import type { SessionState } from '../training/session-state.js';
import { tinyTraining } from './run-command.fixture.js';
import { spawnCommand, type RunningCommand } from './spawn-command.fixture.js';

export interface KillPlan {
  /** @defaultValue 'wasm' */
  readonly engine?: 'wasm' | 'native';
  /** Empty folder for both runs. */
  readonly folder: string;
  /** How often the training is killed. */
  readonly kills: number;
  readonly steps: number;
  /** Draws the moments. */
  readonly seed: number;
}

export interface KillOutcome {
  readonly undisturbed: Checkpoint<Omit<SessionState, 'seconds' | 'dataSeconds'>>;
  readonly resumed: Checkpoint<Omit<SessionState, 'seconds' | 'dataSeconds'>>;
  /** Kills that met a living process. */
  readonly kills: number;
  /** Those that left a half-written file behind. */
  readonly insideWrite: number;
}

/** Longest wait for a kill that aims at a moment of the start, ms. */
const START_MS = 2500;

/** Trains with a checkpoint every step; every other kill waits for a write to begin, the others for a random time. */
export async function killAndResume({ engine = 'wasm', folder, kills, steps, seed }: KillPlan): Promise<KillOutcome> {
  const random = xoroshiro128plus(seed);
  const start = (run: string) =>
    spawnCommand(...tinyTraining(join(folder, run), steps), '--engine', engine, '--resume');
  const undisturbed = start('undisturbed');
  let [killed, insideWrite] = [0, 0];
  while (killed < kills) {
    const training = start('killed');
    const aimed = killed % 2 === 1;
    const moment = uniformInt(random, 1, START_MS);
    await (aimed ? duringWrite(join(folder, 'killed'), training, 1 + (moment % 3)) : sleep(moment));
    training.process.kill('SIGKILL');
    const { signal, code, stderr } = await training.ended;
    if (signal !== 'SIGKILL' && code !== 0) throw new Error(stderr);
    // It may have been done before: the kills that are left then meet its end, which is a moment like any other.
    killed++;
    if (writtenNow(join(folder, 'killed'), training).length > 0) insideWrite++;
  }
  for (const training of [undisturbed, start('killed')]) {
    const { code, stderr } = await training.ended;
    if (code !== 0) throw new Error(`the training ended with ${code}:\n${stderr}`);
  }
  return {
    undisturbed: endOf(join(folder, 'undisturbed')),
    resumed: endOf(join(folder, 'killed')),
    kills: killed,
    insideWrite,
  };
}

/** Until this training is inside of its n-th write of a checkpoint, or ends. */
async function duringWrite(run: string, training: RunningCommand, nth: number): Promise<void> {
  const seen = new Set<string>();
  const { process: child } = training;
  while (seen.size < nth && child.exitCode === null && child.signalCode === null) {
    for (const name of writtenNow(run, training)) seen.add(name);
    if (seen.size < nth) await sleep(0);
  }
}

/** Checkpoints that this training has begun to write and not finished. */
function writtenNow(run: string, { process }: RunningCommand): string[] {
  try {
    return readdirSync(join(run, 'checkpoints')).filter((name) => name.endsWith(`.${process.pid}.tmp`));
  } catch {
    return []; // No checkpoint yet.
  }
}

/** Without the seconds that it took, which no two runs share. */
function endOf(run: string): Checkpoint<Omit<SessionState, 'seconds' | 'dataSeconds'>> {
  const { state, ...checkpoint } = readNewestCheckpoint<SessionState>(run)!;
  const { seconds: _, dataSeconds: __, ...counted } = state;
  return { ...checkpoint, state: counted };
}
