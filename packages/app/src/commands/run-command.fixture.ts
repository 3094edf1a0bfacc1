/**
 * Runs the real command line inside of the test, and keeps what it says: the commands' own code, no child process.
 *
 * The engine is wasm, the one that runs everywhere; a process has one engine, so a test of another belongs in a child.
 */
import { vi } from 'vitest';
import { runCli } from './program.js';

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @example await runCommand('train', '--dataset', 'mosaic', '--out', folder) */
export async function runCommand(...words: readonly string[]): Promise<CommandOutcome> {
  const said = { stdout: '', stderr: '' };
  const listeners = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      said[stream] += String(chunk);
      return true;
    }),
  );
  const before = process.exitCode;
  try {
    const code = await runCli(['node', 'autoregseg', ...words]);
    return { code, ...said };
  } finally {
    process.exitCode = before;
    for (const listener of listeners) listener.mockRestore();
  }
}

/** As `runCommand`, for what a test only stands on. @throws Error with all it said when the exit code is not 0 */
export async function succeed(...words: readonly string[]): Promise<CommandOutcome> {
  const outcome = await runCommand(...words);
  if (outcome.code !== 0)
    throw new Error(`autoregseg ${words.join(' ')}: exit code ${outcome.code}\n${outcome.stderr}`);
  return outcome;
}

/** The smallest network and data that train: a step takes milliseconds. */
export const TINY = words(
  '--engine wasm --steps 2 --batch-size 2 --crop 32 --overclusters 3 --half-window 1 --stem-channels 4 --blocks 1 --main-heads 2',
);
export const TINY_MOSAIC = words('--dataset mosaic --count 3 --size 32');

/** A whole command line: the tiny training of the tiny mosaics, with a checkpoint after every step. */
export function tinyTraining(out: string, steps: number): string[] {
  return ['train', ...TINY_MOSAIC, ...TINY, '--steps', String(steps), '--checkpoint-every', '1', '--out', out];
}

function words(line: string): string[] {
  return line.split(' ');
}
