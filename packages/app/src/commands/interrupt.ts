/**
 * Ctrl-C: the first asks to stop at the next safe place, the second ends the process at once.
 *
 * SIGTERM and SIGUSR2 ask alike: schedulers send one before they end a job, and mpirun passes SIGUSR2 on to all processes.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGUSR2'] as const;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives Ctrl-C back its usual meaning. */
  release(): void;
}

export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}
