/** Repeated timing of one function: warm-up, median and interquartile range. */

export interface Timing {
  readonly medianSeconds: number;
  /** Third less first quartile. */
  readonly iqrSeconds: number;
  readonly rounds: number;
}

/** @param run - returns once its work is done (a value of a tensor read back, say) */
export function measure(
  run: () => void,
  { rounds, warmup }: { readonly rounds: number; readonly warmup: number },
): Timing {
  for (let i = 0; i < warmup; i++) run();
  const seconds = Array.from({ length: rounds }, () => {
    const started = performance.now();
    run();
    return (performance.now() - started) / 1000;
  }).sort((a, b) => a - b);
  return {
    medianSeconds: quantile(seconds, 0.5),
    iqrSeconds: quantile(seconds, 0.75) - quantile(seconds, 0.25),
    rounds,
  };
}

/** Linear interpolation between order statistics. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (position - low) * (sorted[high] - sorted[low]);
}
