/** The columns of the table, the same in Markdown and on the page. */
import type { Statistic, TableRow } from './summary.js';

export interface Column {
  readonly title: string;
  readonly value: (row: TableRow) => Statistic | undefined;
  /** What a value is multiplied with before it is shown. */
  readonly scale: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'pixel accuracy, last', value: (row) => row.last, scale: 100 },
  { title: 'mean IoU', value: (row) => row.meanIoU, scale: 100 },
  { title: 'matched on the scored images', value: (row) => row.matchedOnScored, scale: 100 },
  { title: 'best by loss', value: (row) => row.bestByLoss, scale: 100 },
  { title: 'equal seconds', value: (row) => row.equalSeconds, scale: 100 },
  { title: 'oracle', value: (row) => row.oracle, scale: 100 },
  { title: 'linear probe', value: (row) => row.linearProbe, scale: 100 },
  { title: 'non-linear probe', value: (row) => row.nonLinearProbe, scale: 100 },
  { title: 'seconds', value: (row) => row.seconds, scale: 1 },
];

/** Those that a row has something for. */
export function columnsOf(rows: readonly TableRow[]): readonly Column[] {
  return COLUMNS.filter(({ value }) => rows.some((row) => value(row) !== undefined));
}

/** @example formatStatistic({ mean: 0.85, deviation: 0.071, values: [0.9, 0.8] }, 100) // '85.0 ± 7.1' */
export function formatStatistic(value: Statistic | undefined, scale: number): string {
  if (!value) return '';
  const mean = (scale * value.mean).toFixed(1);
  return Number.isNaN(value.deviation) ? mean : `${mean} ± ${(scale * value.deviation).toFixed(1)}`;
}
