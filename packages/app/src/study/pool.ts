/**
 * Child processes side by side, each of one compute thread: two processes of one thread do more work than one of two.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface PoolTask {
  readonly name: string;
  /** Arguments of this same program. */
  readonly arguments: readonly string[];
  /** File that the child's own output goes to. */
  readonly log: string;
}

export interface PoolOptions {
  readonly processes: number;
  /** Threads that each child computes on. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onDone: (task: PoolTask, exitCode: number | null) => void;
}

/** Runs all tasks, at most `processes` at a time; a failed one stops none of the others. */
export async function runPool(tasks: readonly PoolTask[], options: PoolOptions): Promise<void> {
  const waiting = [...tasks];
  const work = async () => {
    for (let task = waiting.shift(); task && !options.signal?.aborted; task = waiting.shift()) {
      options.onDone(task, await runTask(task, options));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, tasks.length) }, work));
}

function runTask(task: PoolTask, { threads, signal }: PoolOptions): Promise<number | null> {
  mkdirSync(dirname(task.log), { recursive: true });
  const log = openSync(task.log, 'a');
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1], ...task.arguments], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...threadVariables(threads) },
  });
  closeSync(log);
  const stop = () => child.kill('SIGINT');
  signal?.addEventListener('abort', stop);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      signal?.removeEventListener('abort', stop);
      resolve(code);
    });
  });
}

/** What native TensorFlow and its kernels read before they start their threads. */
function threadVariables(threads: number): Record<string, string> {
  const count = String(threads);
  return { TF_NUM_INTRAOP_THREADS: count, TF_NUM_INTEROP_THREADS: '1', OMP_NUM_THREADS: count };
}
