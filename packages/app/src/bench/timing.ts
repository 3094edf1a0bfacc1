/** Repeated timing of one function: warm-up, median and interquartile range. */

export interface Timing {
  readonly medianSeconds: number;
  /** Third less first quartile. */
  readonly iqrSeconds: number;
  readonly rounds: number;
}

export interface Repetitions {
  readonly rounds: number;
  readonly warmup: number;
}

/** @param run - returns once its work is done (a value of a tensor read back, say) */
export function measure(run: () => void, repetitions: Repetitions): Timing {
  return timingOf(secondsByTurns([run], repetitions)[0]);
}

/** Seconds of every round of several functions that take turns, so that a busy minute of the machine falls on all of them. */
export function secondsByTurns(runs: readonly (() => void)[], { rounds, warmup }: Repetitions): number[][] {
  for (let i = 0; i < warmup; i++) runs.forEach((run) => run());
  const seconds = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round++) runs.forEach((run, index) => seconds[index].push(secondsOf(run)));
  return seconds;
}

export function timingOf(seconds: readonly number[]): Timing {
  const sorted = seconds.toSorted((a, b) => a - b);
  return {
    medianSeconds: quantile(sorted, 0.5),
    iqrSeconds: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    rounds: sorted.length,
  };
}

/** The median over rounds of a's seconds over b's in the same round. */
export function ratioByTurns(a: readonly number[], b: readonly number[]): number {
  const ratios = a.map((seconds, round) => seconds / b[round]);
  return quantile(
    ratios.sort((x, y) => x - y),
    0.5,
  );
}

function secondsOf(run: () => void): number {
  const started = performance.now();
  run();
  return (performance.now() - started) / 1000;
}

/** Linear interpolation between order statistics. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (position - low) * (sorted[high] - sorted[low]);
}
