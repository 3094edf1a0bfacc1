/** A study's summary as Markdown, to be read and to be put into docs. */
import type { Spread } from './intervals.js';
import type { ScoreRanking, StudyComparison, StudyRow, StudySummary } from './summary.js';

export function studyTable({ rows, comparisons, rankings }: StudySummary): string {
  const tables = [
    table(HEADINGS, rows.map(cellsOf)),
    ...(comparisons.length > 0 ? [table(COMPARISON_HEADINGS, comparisons.map(comparisonCells))] : []),
    table(RANKING_HEADINGS, rankings.map(rankingCells)),
  ];
  return `${tables.join('\n\n')}\n`;
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
  'main head',
  'overclusters merged',
  'smallest cluster of the main head, of an even share',
  'mean IoU',
  'equal seconds',
  'processor seconds',
  'kept of three seeds',
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
    percentages(row.mainHead),
    row.merged ? percentages(row.merged) : '-',
    row.smallestShare ? row.smallestShare.map((share) => share.toFixed(2)).join(' to ') : '-',
    percentages(row.meanIoU),
    percentages(row.equalSeconds),
    row.cpuSeconds.mean.toFixed(0),
    row.keptOfThree ? percentages(row.keptOfThree) : '-',
  ];
}

const COMPARISON_HEADINGS = ['dataset', 'recipe', 'against', 'seeds', 'points gained', '95 % interval'];

function comparisonCells({ dataset, recipe, against, pairs, mean, low, high }: StudyComparison): string[] {
  const points = (share: number) => `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)}`;
  return [dataset, recipe, against, String(pairs), points(mean), `${points(low)} to ${points(high)}`];
}

const RANKING_HEADINGS = [
  'dataset',
  'label-free score',
  'among main heads',
  'among runs',
  'the head it picks of each run',
  'the run it picks of each recipe',
];

function rankingCells(ranking: ScoreRanking): string[] {
  const { dataset, score, heads, amongHeads, runs, amongRuns, pickedHead, pickedRun } = ranking;
  const cell = (correlation: number, count: number) =>
    Number.isNaN(correlation) ? '-' : `${correlation.toFixed(2)} of ${count}`;
  const share = (accuracy: number) => (Number.isNaN(accuracy) ? '-' : (100 * accuracy).toFixed(1));
  return [dataset, score, cell(amongHeads, heads), cell(amongRuns, runs), share(pickedHead), share(pickedRun)];
}

function percentages({ mean, deviation }: Spread): string {
  return `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)}`;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, headings.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
