/** What a study found: one line for each recipe on each dataset, and how label-free scores sort the runs. */
import { rankCorrelation } from './rank-correlation.js';
import type { CellCheckpoint, CellResult } from './run-cell.js';
import type { HeadScores } from './score-heads.js';

export interface Spread {
  readonly mean: number;
  /** Of the sample, n - 1; 0 for one seed. */
  readonly deviation: number;
}

export interface StudyRow {
  readonly dataset: string;
  readonly recipe: string;
  readonly seeds: number;
  /** Accuracy one to one at the last step, of the head chosen without labels, one unmasked pass. */
  readonly last: Spread;
  /** The same, averaged over the eight orderings. */
  readonly average: Spread;
  /** At the step of most held-out information. */
  readonly chosen: Spread;
  /** Best of the main heads at the last step, picked by labels: what choosing could still win. */
  readonly oracle: Spread;
  /** Overclustering head, each cluster given its most frequent class: what merging could still win. */
  readonly overclusters?: Spread;
  readonly meanIoU: Spread;
  readonly seconds: Spread;
}

export const LABEL_FREE_SCORES = ['information', 'agreement', 'certainty', 'effectiveClusters'] as const;

export interface ScoreRanking {
  readonly dataset: string;
  readonly score: (typeof LABEL_FREE_SCORES)[number];
  /** Main heads of all runs at their last step: how many, and Spearman's correlation with accuracy. */
  readonly heads: number;
  readonly correlation: number;
}

export interface StudySummary {
  readonly rows: readonly StudyRow[];
  readonly rankings: readonly ScoreRanking[];
}

export function summarize(results: readonly CellResult[]): StudySummary {
  const recipes = grouped(results, ({ dataset, recipe }) => `${dataset}/${recipe}`);
  const datasets = grouped(results, ({ dataset }) => dataset);
  return {
    rows: Array.from(recipes.values(), rowOf),
    rankings: Array.from(datasets, ([dataset, cells]) => rankingsOf(dataset, cells)).flat(),
  };
}

function grouped(results: readonly CellResult[], keyOf: (result: CellResult) => string): Map<string, CellResult[]> {
  const groups = new Map<string, CellResult[]>();
  for (const result of results) groups.set(keyOf(result), [...(groups.get(keyOf(result)) ?? []), result]);
  return groups;
}

function rowOf(cells: readonly CellResult[]): StudyRow {
  const [{ dataset, recipe }] = cells;
  const spread = (value: (cell: CellResult) => number) => spreadOf(cells.map(value));
  const last = ({ checkpoints }: CellResult) => checkpoints.at(-1)!;
  const hasOver = cells.every((cell) => last(cell).heads.over !== undefined);
  return {
    dataset,
    recipe,
    seeds: cells.length,
    last: spread((cell) => chosenHead(last(cell)).unmasked.oneToOne),
    average: spread((cell) => chosenHead(last(cell)).average.oneToOne),
    chosen: spread((cell) => chosenHead(mostInformative(cell.checkpoints)).unmasked.oneToOne),
    oracle: spread((cell) => Math.max(...mainHeads(last(cell)).map(({ unmasked }) => unmasked.oneToOne))),
    ...(hasOver && { overclusters: spread((cell) => last(cell).heads.over.unmasked.majority) }),
    meanIoU: spread((cell) => chosenHead(last(cell)).unmasked.meanIoU),
    seconds: spread(({ seconds }) => seconds),
  };
}

function rankingsOf(dataset: string, cells: readonly CellResult[]): ScoreRanking[] {
  const heads = cells.flatMap(({ checkpoints }) => mainHeads(checkpoints.at(-1)!));
  const accuracies = heads.map(({ unmasked }) => unmasked.oneToOne);
  return LABEL_FREE_SCORES.map((score) => ({
    dataset,
    score,
    heads: heads.length,
    correlation: rankCorrelation(
      heads.map((head) => head[score]),
      accuracies,
    ),
  }));
}

function chosenHead({ head, heads }: CellCheckpoint): HeadScores {
  return heads[head];
}

function mainHeads({ heads }: CellCheckpoint): HeadScores[] {
  return Object.entries(heads).flatMap(([name, scores]) => (name === 'over' ? [] : [scores]));
}

function mostInformative(checkpoints: readonly CellCheckpoint[]): CellCheckpoint {
  return checkpoints.reduce((best, next) =>
    chosenHead(next).information > chosenHead(best).information ? next : best,
  );
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
