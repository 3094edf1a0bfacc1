import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { cutRun } from '../inference/cut-run.js';
import { readTree, writeTree } from '../inference/tree-cut.js';
import { evaluateRun } from '../run/evaluate-run.js';
import { pairedDifference } from './intervals.js';
import { TINY_RECIPE } from '../training/tiny-recipe.fixture.js';
import { consensus, readPartitions, sharedInformation } from './partitions.js';
import { rankCorrelation } from './rank-correlation.js';
import { readCell, runCell, type CellResult } from './run-cell.js';
import { cellName, readStudy, studyCells } from './study-file.js';
import { summarize } from './summary.js';
import { studyTable } from './table.js';

beforeAll(useTestEngine);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'study-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const small = { dataset: 'mosaic', count: 3, size: [32, 32] };
const study = {
  recipes: {
    tiny: {
      steps: 4,
      mainHeads: 2,
      overclusters: 4,
      ...TINY_RECIPE,
    },
  },
  datasets: { mosaics: { train: small, test: { ...small, split: 'test' } } },
  seeds: [0, 1],
  checkpoints: 2,
};

function fileOf(content: unknown): string {
  const file = join(folder, 'study.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const accuracy = (oneToOne: number) => ({ oneToOne, majority: oneToOne, meanIoU: oneToOne });
const head = (score: number) => ({
  information: score,
  agreement: -score,
  kappa: score,
  certainty: 1,
  effectiveClusters: score,
  unmasked: accuracy(score),
  average: accuracy(score),
});

describe('value', () => {
  it('names every cell of the grid, seeds outermost', () => {
    const cells = studyCells(readStudy(fileOf({ ...study, recipes: { a: {}, b: {} } })));
    expect(cells.map(cellName)).toEqual([
      'mosaics/a/seed-0',
      'mosaics/b/seed-0',
      'mosaics/a/seed-1',
      'mosaics/b/seed-1',
    ]);
  });

  it('puts an environment variable where a text begins with it', () => {
    process.env.STUDY_TEST_ROOT = '/data';
    const spec = { dataset: 'folder', images: '$STUDY_TEST_ROOT/x' };
    const { datasets } = readStudy(fileOf({ ...study, datasets: { d: { train: spec, test: [spec] } } }));
    expect(datasets.d.train).toEqual({ dataset: 'folder', images: '/data/x' });
  });

  it('trains a cell, scores every head at every checkpoint, and finds it done afterwards', async () => {
    const parsed = readStudy(fileOf(study));
    const [cell] = studyCells(parsed);
    expect(readCell(folder, cell)).toBeUndefined();
    const result = (await runCell(parsed, cell, folder))!;
    expect(result.checkpoints.map(({ step }) => step)).toEqual([2, 4]);
    const { heads } = result.checkpoints[1];
    expect(Object.keys(result.checkpoints[0].heads)).toEqual(['main0', 'main1', 'over', 'distilled']);
    expect(Object.keys(heads)).toEqual(['main0', 'main1', 'over', 'distilled', 'merged']);
    expect(heads.main0.unmasked.oneToOne).toBeGreaterThan(0);
    expect(heads.over.average.majority).toBeGreaterThanOrEqual(heads.over.average.oneToOne);
    expect(result.checkpoints[1].cpuSeconds).toBeGreaterThan(result.checkpoints[0].cpuSeconds);
    const shares = result.checkpoints.map(({ smallestShare }) => smallestShare);
    expect(shares).toEqual([undefined, expect.any(Number)]);
    expect(shares[1]).toBeGreaterThan(0);
    expect(shares[1]).toBeLessThanOrEqual(1);
    expect(readCell(folder, cell)).toEqual(JSON.parse(JSON.stringify(result)));
    // 3 images of 32 x 32 at output stride 4.
    const partitions = readPartitions(join(folder, cellName(cell)))!;
    expect(Object.entries(partitions).map(([name, ids]) => [name, ids.length])).toEqual([
      ['main0', 192],
      ['main1', 192],
      ['distilled', 192],
      ['merged', 192],
    ]);
  });

  it('scores a checkpoint that a killed process had written and not scored yet', async () => {
    const parsed = readStudy(fileOf(study));
    const [cell] = studyCells(parsed);
    const whole = (await runCell(parsed, cell, folder))!;
    const at = (name: string) => join(folder, cellName(cell), name);
    writeFileSync(at('checkpoints.json'), JSON.stringify(whole.checkpoints.slice(0, 1)));
    rmSync(at('result.json'));
    const again = (await runCell(parsed, cell, folder))!;
    expect(again.checkpoints.map(({ step, heads }) => [step, heads])).toEqual(
      whole.checkpoints.map(({ step, heads }) => [step, heads]),
    );
    expect(again.checkpoints[1].cpuSeconds).toBeGreaterThanOrEqual(whole.checkpoints[1].cpuSeconds);
  });

  it.each(['unmasked', 'average'] as const)(
    'merges overclusters as `tree -k` does, before it teaches them: %s',
    async (view) => {
      const parsed = readStudy(fileOf({ ...study, checkpoints: 1 }));
      const [cell] = studyCells(parsed);
      const { merged } = (await runCell(parsed, cell, folder))!.checkpoints[0].heads;
      const run = join(folder, cellName(cell), 'run');
      await cutRun(run, 3);
      const { taught: _, ...untaught } = readTree(run)!;
      writeTree(run, untaught);
      const { pixelAccuracy, meanIoU } = await evaluateRun(run, openDataset(parsed.datasets.mosaics.test[0]), {
        view,
        match: 'one-to-one',
      });
      expect(merged[view].oneToOne).toBeCloseTo(pixelAccuracy, 10);
      expect(merged[view].meanIoU).toBeCloseTo(meanIoU, 10);
    },
  );

  it('sums up over seeds, and ranks heads by each label-free score', () => {
    const cell = (seed: number, scores: [number, number]): CellResult => ({
      dataset: 'd',
      recipe: 'r',
      seed,
      seconds: 10,
      engine: '',
      checkpoints: [
        { step: 1, cpuSeconds: 5, head: 'main0', heads: { main0: head(0.9) } },
        { step: 2, cpuSeconds: 10, head: 'main0', heads: { main0: head(scores[0]), main1: head(scores[1]) } },
      ],
    });
    const summary = summarize([cell(0, [0.5, 0.6]), cell(1, [0.7, 0.4])]);
    const [row] = summary.rows;
    expect(row.last.mean).toBeCloseTo(0.6);
    expect(row.last.deviation).toBeCloseTo(Math.SQRT1_2 / 5); // 0.5 and 0.7: sqrt(0.02)
    expect(row.oracle.mean).toBeCloseTo(0.65); // 0.6 and 0.7
    expect(row.chosen.mean).toBeCloseTo(0.9); // the first step has more information in both
    expect([row.overclusters, row.merged]).toEqual([undefined, undefined]);
    const merging = [0, 1].map((seed) => {
      const { checkpoints, ...run } = cell(seed, [0.5, 0.4]);
      const heads = { ...checkpoints[1].heads, merged: head(0.6 + 0.2 * seed) };
      const smallestShare = 0.1 + seed;
      return { ...run, checkpoints: [{ ...checkpoints[1], head: 'merged', mainHead: 'main1', smallestShare, heads }] };
    });
    const merged = summarize(merging);
    expect(merged.rows[0].smallestShare).toEqual([0.1, 1.1]);
    expect(studyTable(merged)).toContain(' | 0.10 to 1.10 | ');
    expect(row.smallestShare).toBeUndefined();
    const means = ['last', 'merged', 'mainHead', 'oracle'] as const;
    expect(means.map((column) => Number(merged.rows[0][column]?.mean.toFixed(6)))).toEqual([0.7, 0.7, 0.4, 0.5]);
    // Both main heads and the merged overclusters of both runs, which segment with the latter.
    expect(merged.rankings.map(({ heads, runs }) => [heads, runs])[0]).toEqual([6, 2]);
    expect(row.equalSeconds.mean).toBeCloseTo(0.6); // one recipe: it is the fastest itself
    expect(summary.comparisons).toEqual([]);
    expect(summary.rankings.map(({ amongHeads }) => amongHeads)).toEqual([1, -1, 1, NaN, 1, NaN]);
    expect(summary.rankings.map(({ heads, runs }) => [heads, runs])[0]).toEqual([4, 2]);
    // The better head of each run, then the worse; certainty ties, and the first stands; no partitions, no consensus.
    const picks = (field: 'pickedHead' | 'pickedRun') =>
      summary.rankings.map((ranking) => Number(ranking[field].toFixed(6)));
    expect(picks('pickedHead')).toEqual([0.65, 0.45, 0.65, 0.6, 0.65, NaN]);
    expect(picks('pickedRun')).toEqual([0.7, 0.5, 0.7, 0.5, 0.7, NaN]);
    expect(studyTable(summary)).toContain('| d | r | 2 | 60.0 ± 14.1 |');
    expect(studyTable(summary)).toContain('| d | agreement | -1.00 of 4 | -1.00 of 2 | 45.0 | 50.0 |');
  });

  it('says what of three seeds would be kept, over all choices of three', () => {
    const cell = (accuracy: number, seed: number): CellResult => ({
      dataset: 'd',
      recipe: 'r',
      seed,
      seconds: 10,
      engine: '',
      checkpoints: [{ step: 1, cpuSeconds: 5, head: 'main0', heads: { main0: head(accuracy) } }],
    });
    // Information and kappa are the accuracy here, so that the most accurate of each three is kept: 0.7 three times, 0.6 once.
    const { rows } = summarize([0.5, 0.7, 0.6, 0.4].map(cell));
    expect(rows[0].keptOfThree?.mean).toBeCloseTo(0.675, 6);
    expect(studyTable({ rows, comparisons: [], rankings: [] })).toMatch(/\| 67\.5 ± 5\.0 \|\n/);
    expect(summarize([0.5, 0.7].map(cell)).rows[0].keptOfThree).toBeUndefined();
  });

  it('compares recipes seed by seed, at equal steps and at equal processor time', () => {
    const cell = (recipe: string, seed: number, slow: number, [half, full]: [number, number]): CellResult => ({
      dataset: 'd',
      recipe,
      seed,
      seconds: 10,
      engine: '',
      checkpoints: [
        { step: 1, cpuSeconds: 5 * slow, head: 'main0', heads: { main0: head(half) } },
        { step: 2, cpuSeconds: 10 * slow, head: 'main0', heads: { main0: head(full) } },
      ],
    });
    const { rows, comparisons } = summarize([
      cell('first', 0, 1, [0.4, 0.5]),
      cell('slow', 0, 1.5, [0.45, 0.7]),
      cell('first', 1, 1, [0.4, 0.6]),
      cell('slow', 1, 1.5, [0.35, 0.7]),
    ]);
    expect(rows.map(({ equalSeconds }) => equalSeconds.mean)).toEqual([0.55, 0.4]);
    expect(rows.map(({ cpuSeconds }) => cpuSeconds.mean)).toEqual([10, 15]);
    // Gains of 0.2 and 0.1: mean 0.15, deviation 0.0707, and 12.706 is Student's t for one degree of freedom.
    expect(comparisons).toEqual([
      {
        dataset: 'd',
        recipe: 'slow',
        against: 'first',
        pairs: 2,
        mean: expect.closeTo(0.15, 6),
        low: expect.closeTo(0.15 - 12.706 * 0.05, 4),
        high: expect.closeTo(0.15 + 12.706 * 0.05, 4),
      },
    ]);
  });

  it('scores heads by their agreement with the other seeds, whatever clusters are called', () => {
    const same = { main0: Uint8Array.of(0, 0, 1, 1), main1: Uint8Array.of(0, 1, 0, 1) };
    const renamed = { main0: Uint8Array.of(1, 1, 0, 0), main1: Uint8Array.of(0, 0, 0, 0) };
    const scores = consensus([
      { head: 'main0', partitions: same },
      { head: 'main0', partitions: renamed },
    ]);
    expect(scores).toEqual([
      { main0: expect.closeTo(1), main1: 0 },
      { main0: expect.closeTo(1), main1: 0 },
    ]);
    // By hand: three of four agree. H(A) = log 2, H(B) = 0.5623, H(AB) = 1.0397.
    expect(sharedInformation(Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 0, 1, 0))).toBeCloseTo(0.2158 / 0.6243, 3);
  });

  it('ranks ties alike', () => {
    // Ranks 0.5 0.5 2 and 0 1 2 by hand: covariance 1.5, variances 1.5 and 2.
    expect(rankCorrelation([1, 1, 2], [1, 2, 3])).toBeCloseTo(1.5 / Math.sqrt(3));
  });
});

describe('error', () => {
  it('names every fault of a study at once', () => {
    const read = () => readStudy(fileOf({ recipes: { 'a/b': {} }, datasets: {}, seeds: [] }));
    expect(read).toThrow(UserError);
    expect(read).toThrow(/recipes\["a\/b"\][\s\S]*seeds|seeds[\s\S]*recipes/);
  });

  it('compares no partitions of other images, and no single pair', () => {
    const compare = () => sharedInformation(new Uint8Array(3), new Uint8Array(4));
    expect(compare).toThrow('sharedInformation: both must have as many positions, got 3 and 4');
    expect(() => pairedDifference([1])).toThrow('pairedDifference: there must be at least two pairs, got 1');
  });

  it('says which environment variable is missing', () => {
    const read = () => readStudy(fileOf({ ...study, seeds: ['$NOT_THERE_AT_ALL/x'] }));
    expect(read).toThrow('the environment has no NOT_THERE_AT_ALL, which $NOT_THERE_AT_ALL/x begins with');
  });
});
