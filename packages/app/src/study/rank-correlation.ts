/** Spearman's rank correlation: how far one score sorts runs as another does. */

/**
 * Pearson's correlation of the ranks, equal values sharing the mean of theirs.
 *
 * @returns -1..1; NaN for fewer than two pairs or when one side is constant
 * @throws RangeError when the lengths differ
 * @example rankCorrelation([1, 2, 30], [0.1, 0.2, 0.3]) // 1
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) {
    throw new RangeError(`rankCorrelation: both must have the same length, got ${a.length} and ${b.length}`);
  }
  const [x, y] = [centered(ranks(a)), centered(ranks(b))];
  const product = (p: readonly number[], q: readonly number[]) => p.reduce((sum, value, i) => sum + value * q[i], 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

/** Places from 0 on in ascending order. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}

function centered(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
