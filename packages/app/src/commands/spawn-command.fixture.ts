/** The real command line in a process of its own, from the sources: what signals and limits of the system need. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import type { CommandOutcome } from './run-command.fixture.js';

export interface RunningCommand {
  readonly process: ChildProcess;
  /** Resolves at the first line on stderr that holds the text. */
  said(text: string): Promise<void>;
  readonly ended: Promise<
    Omit<CommandOutcome, 'code'> & { readonly code: number | null; readonly signal: string | null }
  >;
}

const APP = resolve(import.meta.dirname, '../..');

/** Starts `autoregseg` with these words. */
export function spawnCommand(...words: readonly string[]): RunningCommand {
  return spawnProgram(process.execPath, [...SOURCES, ...words]);
}

/** The same in a process group of its own, which a signal reaches as Ctrl-C in a terminal does: with all helpers. */
export function spawnGroup(...words: readonly string[]): RunningCommand {
  return spawnProgram(process.execPath, [...SOURCES, ...words], { detached: true });
}

/** How Node runs the command line from its sources. */
export const SOURCES = ['--conditions=@autoregseg/source', '--import', 'tsx', 'src/cli.ts'];

/** Starts a program in the app's folder, where SOURCES lie. */
export function spawnProgram(
  program: string,
  words: readonly string[],
  { detached = false }: { readonly detached?: boolean } = {},
): RunningCommand {
  const child = spawn(program, words, { cwd: APP, stdio: ['ignore', 'pipe', 'pipe'], detached });
  const said = { stdout: '', stderr: '' };
  const waiting = new Map<string, () => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      said[stream] += chunk.toString();
      for (const [text, tell] of waiting) if (said.stderr.includes(text)) tell();
    });
  }
  const ended = new Promise<Awaited<RunningCommand['ended']>>((settle) =>
    child.on('close', (code, signal) => settle({ code, signal, ...said })),
  );
  return {
    process: child,
    ended,
    said: (text) =>
      Promise.race([
        new Promise<void>((tell) => waiting.set(text, tell)),
        ended.then(({ stderr }) => {
          if (!stderr.includes(text)) throw new Error(`the command ended without saying '${text}':\n${stderr}`);
        }),
      ]),
  };
}
