/** Running an outside program to its end, its output kept for the error message. */
import { spawn } from 'node:child_process';

export interface CommandResult {
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly abort?: AbortSignal;
}

/**
 * Runs a program without a shell.
 *
 * @returns its exit and output, or undefined when no such program is on the PATH
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult | undefined> {
  const { env = {}, cwd, abort } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      signal: abort,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined);
      // An aborted program still runs for a moment: its end is waited for, so that its files can be deleted.
      else if (error.name !== 'AbortError') reject(error);
    });
    child.on('close', (code, signal) => {
      if (abort?.aborted) reject(abort.reason as Error);
      else resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr });
    });
  });
}

/** The first program of a list that exists, with its result. */
export async function runFirstFound(
  programs: readonly string[],
  args: readonly string[],
  options: CommandOptions = {},
): Promise<{ readonly program: string; readonly result: CommandResult } | undefined> {
  for (const program of programs) {
    const result = await runCommand(program, args, options);
    if (result !== undefined) return { program, result };
  }
  return undefined;
}

/** The last lines of what a program said, on one line. */
export function lastLines({ stderr, stdout }: CommandResult, count = 3): string {
  const lines = (stderr.trim() === '' ? stdout : stderr).split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-count)
    .join(' | ');
}
