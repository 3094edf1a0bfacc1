/** Means over seeds, and how far they can be trusted. */

export interface Spread {
  readonly mean: number;
  /** Of the sample, n - 1; 0 for one seed. */
  readonly deviation: number;
}

/** A mean difference with its 95 % interval. */
export interface Interval {
  readonly pairs: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** 97.5 % points of Student's t for 1, 2, ... degrees of freedom; beyond the table the last one, a little too wide. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086,
];

/**
 * mean +- t s / sqrt(n): where the mean of such differences lies, 95 times out of 100, if they are spread normally.
 *
 * @param differences - one for each pair of runs of the same seed, at least two
 * @throws RangeError for fewer than two
 */
export function pairedDifference(differences: readonly number[]): Interval {
  const pairs = differences.length;
  if (pairs < 2) throw new RangeError(`pairedDifference: there must be at least two pairs, got ${pairs}`);
  const { mean, deviation } = spreadOf(differences);
  const half = (STUDENT[Math.min(pairs - 2, STUDENT.length - 1)] * deviation) / Math.sqrt(pairs);
  return { pairs, mean, low: mean - half, high: mean + half };
}
