/** What a study found: one line for each recipe on each dataset, and how label-free scores sort the runs. */
import { pairedDifference, spreadOf, type Interval, type Spread } from './intervals.js';
import { chosenHead } from '../training/head-choice.js';
import { consensus, type Partitions } from './partitions.js';
import { rankCorrelation } from './rank-correlation.js';
import type { CellCheckpoint, CellResult } from './run-cell.js';
import { isMainHead, MERGED_OVERCLUSTERS, type HeadScores } from './score-heads.js';

export interface StudyRow {
  readonly dataset: string;
  readonly recipe: string;
  readonly seeds: number;
  /** Accuracy one to one at the last step, of what runs segment with, chosen without labels, one unmasked pass. */
  readonly last: Spread;
  /** The same of the best main head, chosen without labels, whether or not it segments. */
  readonly mainHead: Spread;
  /** The same, averaged over the eight orderings. */
  readonly average: Spread;
  /** At the step of most held-out information. */
  readonly chosen: Spread;
  /** Best of the main heads at the last step, picked by labels: what choosing could still win. */
  readonly oracle: Spread;
  /** Overclustering head, each cluster given its most frequent class: what merging could still win. */
  readonly overclusters?: Spread;
  /** Overclusters merged by the tree, one to one: what `autoregseg tree -k` would make of the run, without labels. */
  readonly merged?: Spread;
  /** What the smallest cluster of the best main head has of an even share, least and most of a seed: under 1/4, overclusters are merged. */
  readonly smallestShare?: readonly [least: number, most: number];
  readonly meanIoU: Spread;
  /** Processor seconds of training. */
  readonly cpuSeconds: Spread;
  /** Accuracy at the last checkpoint within the processor time of the fastest recipe of the same seed. */
  readonly equalSeconds: Spread;
  /** Accuracy of what `--seeds 3` would keep, over all choices of three of the seeds; absent where there are fewer. */
  readonly keptOfThree?: Spread;
}

/** A recipe against the study's first one, seed by seed. */
export interface StudyComparison extends Interval {
  readonly dataset: string;
  readonly recipe: string;
  readonly against: string;
}

export const LABEL_FREE_SCORES = [
  'information',
  'agreement',
  'kappa',
  'certainty',
  'effectiveClusters',
  'consensus of seeds',
] as const;

export interface ScoreRanking {
  readonly dataset: string;
  readonly score: (typeof LABEL_FREE_SCORES)[number];
  /** All main heads of all runs at their last step, and what else runs segment with: how many, and Spearman's correlation with accuracy. */
  readonly heads: number;
  readonly amongHeads: number;
  /** The same of the one head that each run would segment with. */
  readonly runs: number;
  readonly amongRuns: number;
  /** Accuracy of the head that has most of it in its run, mean over runs; NaN where the score is unknown. */
  readonly pickedHead: number;
  /** Accuracy of the run that has most of it among its recipe's seeds, mean over recipes; NaN as above. */
  readonly pickedRun: number;
}

export interface StudySummary {
  readonly rows: readonly StudyRow[];
  readonly comparisons: readonly StudyComparison[];
  readonly rankings: readonly ScoreRanking[];
}

/** @param partitionsOf - what a cell's heads made of the scored images, where that was kept */
export function summarize(
  results: readonly CellResult[],
  partitionsOf: (cell: CellResult) => Partitions | undefined = () => undefined,
): StudySummary {
  const recipes = grouped(results, ({ dataset, recipe }) => `${dataset}/${recipe}`);
  const datasets = grouped(results, ({ dataset }) => dataset);
  const agreed = new Map(
    [...recipes.values()].flatMap((cells) => consensusOf(cells, partitionsOf).map((heads, i) => [cells[i], heads])),
  );
  return {
    rows: Array.from(recipes.values(), (cells) => rowOf(cells, results)),
    comparisons: Array.from(datasets.values(), comparisonsOf).flat(),
    rankings: Array.from(datasets, ([dataset, cells]) => rankingsOf(dataset, cells, agreed)).flat(),
  };
}

/** Of each head of each of a recipe's runs: its agreement with the other seeds' runs; {} where partitions lack. */
function consensusOf(
  cells: readonly CellResult[],
  partitionsOf: (cell: CellResult) => Partitions | undefined,
): Record<string, number>[] {
  const runs = cells.map((cell) => ({ head: cell.checkpoints.at(-1)!.head, partitions: partitionsOf(cell) }));
  const whole = runs.flatMap(({ head, partitions }) => (partitions ? [{ head, partitions }] : []));
  return whole.length === cells.length ? consensus(whole) : cells.map(() => ({}));
}

/** Each recipe of a dataset but the first, against the first, on the seeds that both have. */
function comparisonsOf(cells: readonly CellResult[]): StudyComparison[] {
  const recipes = [...grouped(cells, ({ recipe }) => recipe).values()];
  const [first, ...others] = recipes;
  return others.flatMap((other) => {
    const pairs = other.flatMap((cell) => {
      const same = first.find(({ seed }) => seed === cell.seed);
      return same ? [lastAccuracy(cell) - lastAccuracy(same)] : [];
    });
    const [{ dataset, recipe }] = other;
    return pairs.length > 1 ? [{ dataset, recipe, against: first[0].recipe, ...pairedDifference(pairs) }] : [];
  });
}

function lastAccuracy({ checkpoints }: CellResult): number {
  return segmentingHead(checkpoints.at(-1)!).unmasked.oneToOne;
}

/** The last checkpoint within the time that the fastest recipe took for all its steps, same dataset and seed. */
function atEqualSeconds(cell: CellResult, results: readonly CellResult[]): CellCheckpoint {
  const rivals = results.filter(({ dataset, seed }) => dataset === cell.dataset && seed === cell.seed);
  const limit = Math.min(...rivals.map(({ checkpoints }) => checkpoints.at(-1)!.cpuSeconds));
  return cell.checkpoints.findLast(({ cpuSeconds }) => cpuSeconds <= limit) ?? cell.checkpoints[0];
}

function grouped<T>(results: readonly T[], keyOf: (result: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const result of results) groups.set(keyOf(result), [...(groups.get(keyOf(result)) ?? []), result]);
  return groups;
}

function rowOf(cells: readonly CellResult[], results: readonly CellResult[]): StudyRow {
  const [{ dataset, recipe }] = cells;
  const spread = (value: (cell: CellResult) => number) => spreadOf(cells.map(value));
  const last = ({ checkpoints }: CellResult) => checkpoints.at(-1)!;
  const hasMerged = cells.every((cell) => last(cell).heads[MERGED_OVERCLUSTERS] !== undefined);
  const hasOver = cells.every((cell) => last(cell).heads.over !== undefined);
  return {
    dataset,
    recipe,
    seeds: cells.length,
    last: spread((cell) => segmentingHead(last(cell)).unmasked.oneToOne),
    mainHead: spread((cell) => bestMainHead(last(cell)).unmasked.oneToOne),
    average: spread((cell) => segmentingHead(last(cell)).average.oneToOne),
    chosen: spread((cell) => segmentingHead(mostInformative(cell.checkpoints)).unmasked.oneToOne),
    oracle: spread((cell) => Math.max(...mainHeads(last(cell).heads).map(([, { unmasked }]) => unmasked.oneToOne))),
    ...(hasOver && { overclusters: spread((cell) => last(cell).heads.over.unmasked.majority) }),
    ...(hasMerged && { merged: spread((cell) => last(cell).heads[MERGED_OVERCLUSTERS].unmasked.oneToOne) }),
    ...smallestShares(cells.map((cell) => last(cell).smallestShare)),
    meanIoU: spread((cell) => segmentingHead(last(cell)).unmasked.meanIoU),
    cpuSeconds: spread((cell) => last(cell).cpuSeconds),
    equalSeconds: spread((cell) => segmentingHead(atEqualSeconds(cell, results)).unmasked.oneToOne),
    ...(cells.length >= 3 && { keptOfThree: spreadOf(triples(cells).map(keptAccuracy)) }),
  };
}

/** None of studies of early versions. */
function smallestShares(shares: readonly (number | undefined)[]): Pick<StudyRow, 'smallestShare'> {
  const known = shares.filter((share) => share !== undefined);
  if (known.length < shares.length) return {};
  return { smallestShare: [Math.min(...known), Math.max(...known)] };
}

/** All choices of three. */
function triples<T>(items: readonly T[]): [T, T, T][] {
  return items.flatMap((a, i) =>
    items.slice(i + 1).flatMap((b, j) => items.slice(i + j + 2).map((c): [T, T, T] => [a, b, c])),
  );
}

/** The accuracy of the run that would be kept of these, by the rule of train-seeds.ts on the test images. */
function keptAccuracy(cells: readonly CellResult[]): number {
  const heads = cells.map(({ checkpoints }) => segmentingHead(checkpoints.at(-1)!));
  const information = heads.map((head) => head.information);
  return heads[chosenHead({ information, kappa: heads.map(({ kappa }) => kappa) })].unmasked.oneToOne;
}

interface ScoredHead {
  readonly cell: CellResult;
  /** Whether the run would segment with it. */
  readonly chosen: boolean;
  readonly accuracy: number;
  readonly scores: Readonly<Record<(typeof LABEL_FREE_SCORES)[number], number>>;
}

function rankingsOf(
  dataset: string,
  cells: readonly CellResult[],
  agreed: ReadonlyMap<CellResult, Record<string, number>>,
): ScoreRanking[] {
  const heads: ScoredHead[] = cells.flatMap((cell) => {
    const { head: chosen, heads } = cell.checkpoints.at(-1)!;
    const segmenting = Object.entries(heads).filter(([head]) => isMainHead(head) || head === chosen);
    return segmenting.map(([head, scores]) => ({
      cell,
      chosen: head === chosen,
      accuracy: scores.unmasked.oneToOne,
      scores: { ...scores, 'consensus of seeds': agreed.get(cell)?.[head] ?? NaN },
    }));
  });
  const chosen = heads.filter((head) => head.chosen);
  return LABEL_FREE_SCORES.map((score) => {
    const scoreOf = ({ scores }: ScoredHead) => scores[score];
    return {
      dataset,
      score,
      heads: heads.length,
      amongHeads: correlation(heads, scoreOf),
      runs: chosen.length,
      amongRuns: correlation(chosen, scoreOf),
      pickedHead: picked(
        grouped(heads, ({ cell }) => `${cell.recipe}/${cell.seed}`),
        scoreOf,
      ),
      pickedRun: picked(
        grouped(chosen, ({ cell }) => cell.recipe),
        scoreOf,
      ),
    };
  });
}

function correlation(heads: readonly ScoredHead[], scoreOf: (head: ScoredHead) => number): number {
  return rankCorrelation(
    heads.map(scoreOf),
    heads.map(({ accuracy }) => accuracy),
  );
}

/** The accuracy of each group's head of the highest score, mean over the groups. */
function picked(groups: ReadonlyMap<string, readonly ScoredHead[]>, scoreOf: (head: ScoredHead) => number): number {
  const accuracies = Array.from(groups.values(), (heads) => {
    const best = heads.reduce((best, next) => (scoreOf(next) > scoreOf(best) ? next : best));
    return heads.some((head) => Number.isNaN(scoreOf(head))) ? NaN : best.accuracy;
  });
  return spreadOf(accuracies).mean;
}

function segmentingHead({ head, heads }: CellCheckpoint): HeadScores {
  return heads[head];
}

function bestMainHead({ head, mainHead = head, heads }: CellCheckpoint): HeadScores {
  return heads[mainHead];
}

function mainHeads(heads: CellCheckpoint['heads']): [head: string, scores: HeadScores][] {
  return Object.entries(heads).filter(([name]) => isMainHead(name));
}

function mostInformative(checkpoints: readonly CellCheckpoint[]): CellCheckpoint {
  return checkpoints.reduce((best, next) =>
    segmentingHead(next).information > segmentingHead(best).information ? next : best,
  );
}
