/** A study's summary as Markdown, to be read and to be put into docs. */
import type { ScoreRanking, Spread, StudyRow, StudySummary } from './summary.js';

export function studyTable({ rows, rankings }: StudySummary): string {
  return `${table(HEADINGS, rows.map(cellsOf))}\n\n${table(RANKING_HEADINGS, rankings.map(rankingCells))}\n`;
}

const HEADINGS = [
  'dataset',
  'recipe',
  'seeds',
  'last step',
  'average of orderings',
  'step chosen without labels',
  'best head (by labels)',
  'overclusters, majority',
  'mean IoU',
  'seconds',
];

function cellsOf(row: StudyRow): string[] {
  return [
    row.dataset,
    row.recipe,
    String(row.seeds),
    percentages(row.last),
    percentages(row.average),
    percentages(row.chosen),
    percentages(row.oracle),
    row.overclusters ? percentages(row.overclusters) : '-',
    percentages(row.meanIoU),
    row.seconds.mean.toFixed(0),
  ];
}

const RANKING_HEADINGS = ['dataset', 'label-free score', 'main heads', "Spearman's correlation with accuracy"];

function rankingCells({ dataset, score, heads, correlation }: ScoreRanking): string[] {
  return [dataset, score, String(heads), Number.isNaN(correlation) ? '-' : correlation.toFixed(2)];
}

function percentages({ mean, deviation }: Spread): string {
  return `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)}`;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, headings.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
