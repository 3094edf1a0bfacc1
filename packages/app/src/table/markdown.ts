/** The table as Markdown: what docs quote, with everything that moves the numbers above it. */
import type { TableSetting } from './cell.js';
import { columnsOf, formatStatistic } from './columns.js';
import type { TableRow } from './summary.js';

export interface TableHeading {
  readonly setting: TableSetting;
  /** Whether methods slower than the fastest were trained again with as many steps as fit in its seconds. */
  readonly retrained: boolean;
  readonly command: string;
  readonly machine: string;
  readonly engine: string;
}

export function tableMarkdown(rows: readonly TableRow[], heading: TableHeading): string {
  const { setting, command, machine, engine } = heading;
  const { protocol, config } = setting;
  const columns = columnsOf(rows);
  const cells = rows.map((row) => [
    row.title,
    String(row.seeds.length),
    ...columns.map(({ value, scale }) => formatStatistic(value(row), scale)),
  ]);
  const header = ['method', 'seeds', ...columns.map(({ title }) => title)];
  const line = (words: readonly string[]) => `| ${words.join(' | ')} |`;
  return [
    `Percent, mean ± standard deviation over seeds (n - 1). Protocol ${protocol.name}: ${protocol.description}.`,
    `${config.steps} steps of ${config.batchSize} crops of ${config.crop.join('x')}; ${engine}; ${machine}.`,
    `Equal seconds: ${equalSecondsText(heading)}.`,
    '',
    line(header),
    line(header.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...cells.map(line),
    '',
    `\`${command}\``,
    '',
  ].join('\n');
}

/** What stands under "equal seconds", in words. */
export function equalSecondsText({ retrained }: TableHeading): string {
  return retrained
    ? "trained again, from the same seed, with as many steps as fit in the fastest method's seconds"
    : "the last checkpoint within the fastest method's seconds, from the same seed";
}
