/** From cells to rows: mean and standard deviation over seeds, of the result and of what stands beside it. */
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
  /** Of the checkpoint of least loss, and of most accuracy: what labels would have chosen. */
  readonly bestByLoss?: Statistic;
  readonly oracle?: Statistic;
  /** Of the last checkpoint within the seconds that the fastest trained method took from the same seed. */
  readonly equalSeconds?: Statistic;
  readonly seconds?: Statistic;
  readonly linearProbe?: Statistic;
}

export function statistic(values: readonly number[]): Statistic {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : Number.NaN, values };
}

/** One row for each line that has cells, in the order of `lines`. */
export function summarise(cells: readonly Cell[], lines: readonly TableLine[]): TableRow[] {
  const budgets = secondsBySeed(cells);
  return lines.flatMap((line) => {
    const own = cells.filter(({ method }) => method === line.id).sort((a, b) => a.seed - b.seed);
    return own.length > 0 ? [rowOf(line, own, budgets)] : [];
  });
}

function rowOf({ id, title }: TableLine, cells: readonly Cell[], budgets: ReadonlyMap<number, number>): TableRow {
  const over = (value: (cell: Cell) => number) => statistic(cells.map(value));
  const picked = (pick: (cell: Cell) => CheckpointScore) => over((cell) => pick(cell).pixelAccuracy);
  const probed = cells.every((cell) => cell.linearProbe !== undefined);
  return {
    method: id,
    title,
    seeds: cells.map(({ seed }) => seed),
    last: over(({ evaluation }) => evaluation.pixelAccuracy),
    meanIoU: over(({ evaluation }) => evaluation.meanIoU),
    ...(cells.every(({ checkpoints }) => checkpoints.length > 0) && {
      bestByLoss: picked(({ checkpoints }) => least(checkpoints, ({ loss }) => loss)),
      oracle: picked(({ checkpoints }) => least(checkpoints, ({ pixelAccuracy }) => -pixelAccuracy)),
      equalSeconds: picked(({ checkpoints, seed }) => within(checkpoints, budgets.get(seed)!)),
      seconds: over(({ checkpoints }) => checkpoints.at(-1)!.seconds),
    }),
    ...(probed && { linearProbe: over((cell) => cell.linearProbe!) }),
  };
}

/** For each seed the seconds of its fastest trained method. */
function secondsBySeed(cells: readonly Cell[]): Map<number, number> {
  const budgets = new Map<number, number>();
  for (const { seed, checkpoints } of cells) {
    const seconds = checkpoints.at(-1)?.seconds;
    if (seconds !== undefined) budgets.set(seed, Math.min(seconds, budgets.get(seed) ?? Infinity));
  }
  return budgets;
}

/** The last checkpoint within the seconds; the first where none is. */
function within(checkpoints: readonly CheckpointScore[], seconds: number): CheckpointScore {
  return checkpoints.findLast((checkpoint) => checkpoint.seconds <= seconds) ?? checkpoints[0];
}

function least<T>(items: readonly T[], value: (item: T) => number): T {
  return items.reduce((best, item) => (value(item) < value(best) ? item : best));
}
