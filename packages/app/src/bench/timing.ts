/** Repeated timing of one function: warm-up, median and interquartile range. */

export interface Timing {
  readonly medianSeconds: number;
  /** Third less first quartile. */
  readonly iqrSeconds: number;
  readonly rounds: number;
}

interface Repetitions {
  readonly rounds: number;
  readonly warmup: number;
}

/** @param run - returns once its work is done (a value of a tensor read back, say) */
export function measure(run: () => void, repetitions: Repetitions): Timing {
  return measureByTurns([run], repetitions)[0];
}

/** Times of several functions whose rounds take turns, so that a busy minute of the machine falls on all of them. */
export function measureByTurns(runs: readonly (() => void)[], { rounds, warmup }: Repetitions): Timing[] {
  for (let i = 0; i < warmup; i++) runs.forEach((run) => run());
  const seconds = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round++) runs.forEach((run, index) => seconds[index].push(secondsOf(run)));
  return seconds.map((each) => summary(each.sort((a, b) => a - b)));
}

function secondsOf(run: () => void): number {
  const started = performance.now();
  run();
  return (performance.now() - started) / 1000;
}

function summary(sorted: readonly number[]): Timing {
  return {
    medianSeconds: quantile(sorted, 0.5),
    iqrSeconds: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    rounds: sorted.length,
  };
}

/** Linear interpolation between order statistics. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (position - low) * (sorted[high] - sorted[low]);
}
