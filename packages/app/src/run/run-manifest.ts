/** RUN/manifest.json: what happened. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { describeMachine } from './machine.js';
import { readRunFile, writeRunFile } from './run-folder.js';

export interface RunManifest {
  readonly status: 'running' | 'interrupted' | 'finished' | 'failed';
  readonly step: number;
  readonly seconds: number;
  /** Share of these seconds spent waiting for images, 0..1. */
  readonly dataShare: number;
  /** The head that segments: a main head, that of the overclusters, merged, or the one that one of these was distilled into. */
  readonly head: string;
  /** The head that was distilled, if one was. */
  readonly distilled?: string;
  readonly engine: string;
  readonly machine: ReturnType<typeof describeMachine>;
  /** The command line that made it. */
  readonly command: string;
  readonly images: number;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly warnings: readonly string[];
  /** Where the run was chosen from those of several seeds: what each of them was compared by. */
  readonly seeds?: readonly SeedScores[];
}

/** How far the orderings of one seed's run agree on the training images. */
export interface SeedScores {
  readonly seed: number;
  /** Nats. */
  readonly information: number;
  /** Fleiss' kappa. */
  readonly kappa: number;
}

export function writeManifest(out: string, manifest: RunManifest): void {
  writeRunFile(out, 'manifest.json', manifest);
}

/** What a run that is resumed says of itself; nothing where it was killed before it said anything. */
export function formerManifest(out: string): RunManifest | undefined {
  return existsSync(join(out, 'manifest.json')) ? readRunFile<RunManifest>(out, 'manifest.json') : undefined;
}

/** As well as may be: the failure may be that nothing can be written, and is what the user has to hear of. */
export function recordFailure(out: string, manifest: RunManifest): void {
  try {
    writeManifest(out, manifest);
  } catch {
    // The failure itself is thrown on.
  }
}
