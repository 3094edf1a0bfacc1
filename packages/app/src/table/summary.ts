/** From cells to rows: mean and standard deviation over seeds, of the result and of what stands beside it. */
import { ConfusionMatrix, matchClusters, scores, type Evaluation } from '@autoregseg/evaluation';
import { spreadOf } from '../study/intervals.js';
import type { Cell, CheckpointScore } from './cell.js';

export interface Statistic {
  readonly mean: number;
  /** Of the sample (n - 1); NaN for one seed. */
  readonly deviation: number;
  readonly values: readonly number[];
}

/** What a row is about. */
export interface TableLine {
  readonly id: string;
  readonly title: string;
}

export interface TableRow {
  readonly method: string;
  readonly title: string;
  readonly seeds: readonly number[];
  /** Pixel accuracy of the last checkpoint: the result, at equal steps. */
  readonly last: Statistic;
  readonly meanIoU: Statistic;
  /** Where clusters are matched on other images: the accuracy had they been matched on those that are scored. */
  readonly matchedOnScored?: Statistic;
  /** Of the checkpoint of least loss, and of most accuracy: what labels would have chosen. */
  readonly bestByLoss?: Statistic;
  readonly oracle?: Statistic;
  /**
   * Within the seconds that the fastest trained method took from the same seed: of a training of as many steps as fit, where
   * there was one, else of the last checkpoint of the whole training.
   */
  readonly equalSeconds?: Statistic;
  readonly seconds?: Statistic;
  readonly linearProbe?: Statistic;
  readonly nonLinearProbe?: Statistic;
}

export function statistic(values: readonly number[]): Statistic {
  const { mean, deviation } = spreadOf(values);
  return { mean, deviation: values.length > 1 ? deviation : Number.NaN, values };
}

/**
 * One row for each line that has cells, in the order of `lines`.
 *
 * @param shorter - cells of trainings that were cut to the seconds of the fastest method
 */
export function summarise(
  cells: readonly Cell[],
  lines: readonly TableLine[],
  shorter: readonly Cell[] = [],
): TableRow[] {
  const budgets = secondsBySeed(cells);
  return lines.flatMap((line) => {
    const own = (all: readonly Cell[]) => all.filter(({ method }) => method === line.id);
    const ascending = own(cells).sort((a, b) => a.seed - b.seed);
    return ascending.length > 0 ? [rowOf(line, ascending, own(shorter), budgets)] : [];
  });
}

function rowOf(
  { id, title }: TableLine,
  cells: readonly Cell[],
  shorter: readonly Cell[],
  budgets: ReadonlyMap<number, number>,
): TableRow {
  const over = (value: (cell: Cell) => number) => statistic(cells.map(value));
  const picked = (pick: (cell: Cell) => CheckpointScore) => over((cell) => pick(cell).pixelAccuracy);
  const all = (has: (cell: Cell) => boolean) => cells.every(has);
  const inTime = (cell: Cell) =>
    shorter.find(({ seed }) => seed === cell.seed)?.evaluation.pixelAccuracy ??
    within(cell.checkpoints, budgets.get(cell.seed)!).pixelAccuracy;
  return {
    method: id,
    title,
    seeds: cells.map(({ seed }) => seed),
    last: over(({ evaluation }) => evaluation.pixelAccuracy),
    meanIoU: over(({ evaluation }) => evaluation.meanIoU),
    ...(all(({ evaluation }) => evaluation.protocol.matchedOn !== 'the images it is scored on') && {
      matchedOnScored: over(({ evaluation }) => matchedOnScored(evaluation)),
    }),
    ...(all(({ checkpoints }) => checkpoints.length > 0) && {
      bestByLoss: picked(({ checkpoints }) => least(checkpoints, ({ loss }) => loss)),
      oracle: picked(({ checkpoints }) => least(checkpoints, ({ pixelAccuracy }) => -pixelAccuracy)),
      equalSeconds: over(inTime),
      seconds: over(({ checkpoints }) => checkpoints.at(-1)!.seconds),
    }),
    ...(all((cell) => cell.linearProbe !== undefined) && { linearProbe: over((cell) => cell.linearProbe!) }),
    ...(all((cell) => cell.nonLinearProbe !== undefined) && { nonLinearProbe: over((cell) => cell.nonLinearProbe!) }),
  };
}

/** For each seed the seconds of its fastest trained method. */
export function secondsBySeed(cells: readonly Cell[]): Map<number, number> {
  const budgets = new Map<number, number>();
  for (const { seed, checkpoints } of cells) {
    const seconds = checkpoints.at(-1)?.seconds;
    if (seconds !== undefined) budgets.set(seed, Math.min(seconds, budgets.get(seed) ?? Infinity));
  }
  return budgets;
}

/** Clusters and classes are the same; other labels say which is which. */
function matchedOnScored({ confusion }: Evaluation): number {
  const matrix = new ConfusionMatrix(confusion.length, confusion[0].length);
  matrix.counts.set(confusion.flat());
  return scores(matrix, matchClusters(matrix, 'one-to-one')).pixelAccuracy;
}

/** The last checkpoint within the seconds; the first where none is. */
function within(checkpoints: readonly CheckpointScore[], seconds: number): CheckpointScore {
  return checkpoints.findLast((checkpoint) => checkpoint.seconds <= seconds) ?? checkpoints[0];
}

function least<T>(items: readonly T[], value: (item: T) => number): T {
  return items.reduce((best, item) => (value(item) < value(best) ? item : best));
}
