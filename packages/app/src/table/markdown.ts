/** The table as Markdown: what docs quote, with everything that moves the numbers above it. */
import type { TableSetting } from './cell.js';
import type { Statistic, TableRow } from './summary.js';

export interface TableHeading {
  readonly setting: TableSetting;
  readonly command: string;
  readonly machine: string;
  readonly engine: string;
}

const COLUMNS: readonly (readonly [title: string, value: (row: TableRow) => Statistic | undefined, scale: number])[] = [
  ['pixel accuracy, last', (row) => row.last, 100],
  ['mean IoU', (row) => row.meanIoU, 100],
  ['best by loss', (row) => row.bestByLoss, 100],
  ['equal seconds', (row) => row.equalSeconds, 100],
  ['oracle', (row) => row.oracle, 100],
  ['linear probe', (row) => row.linearProbe, 100],
  ['seconds', (row) => row.seconds, 1],
];

export function tableMarkdown(rows: readonly TableRow[], { setting, command, machine, engine }: TableHeading): string {
  const { protocol, config } = setting;
  const cells = rows.map((row) => [
    row.title,
    String(row.seeds.length),
    ...COLUMNS.map(([, value, scale]) => formatStatistic(value(row), scale)),
  ]);
  const header = ['method', 'seeds', ...COLUMNS.map(([title]) => title)];
  const line = (words: readonly string[]) => `| ${words.join(' | ')} |`;
  return [
    `Percent, mean ± standard deviation over seeds. Protocol ${protocol.name}: ${protocol.description}.`,
    `${config.steps} steps of ${config.batchSize} crops of ${config.crop.join('x')}; ${engine}; ${machine}.`,
    '',
    line(header),
    line(header.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...cells.map(line),
    '',
    `\`${command}\``,
    '',
  ].join('\n');
}

export function formatStatistic(value: Statistic | undefined, scale: number): string {
  if (!value) return '';
  const mean = (scale * value.mean).toFixed(1);
  return Number.isNaN(value.deviation) ? mean : `${mean} ± ${(scale * value.deviation).toFixed(1)}`;
}
