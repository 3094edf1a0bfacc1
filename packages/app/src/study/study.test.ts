import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTestEngine } from '@autoregseg/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
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
      network: { stemChannels: 2, blocks: 1 },
      crop: [24, 24],
      batchSize: 2,
      halfWindow: 1,
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
    expect(Object.keys(heads)).toEqual(['main0', 'main1', 'over']);
    expect(heads.main0.unmasked.oneToOne).toBeGreaterThan(0);
    expect(heads.over.average.majority).toBeGreaterThanOrEqual(heads.over.average.oneToOne);
    expect(readCell(folder, cell)).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it('sums up over seeds, and ranks heads by each label-free score', () => {
    const accuracy = (oneToOne: number) => ({ oneToOne, majority: oneToOne, meanIoU: oneToOne });
    const head = (score: number) => ({
      information: score,
      agreement: -score,
      certainty: 1,
      effectiveClusters: score,
      unmasked: accuracy(score),
      average: accuracy(score),
    });
    const cell = (seed: number, scores: [number, number]): CellResult => ({
      dataset: 'd',
      recipe: 'r',
      seed,
      seconds: 10,
      engine: '',
      checkpoints: [
        { step: 1, head: 'main0', heads: { main0: head(0.9) } },
        { step: 2, head: 'main0', heads: { main0: head(scores[0]), main1: head(scores[1]) } },
      ],
    });
    const summary = summarize([cell(0, [0.5, 0.6]), cell(1, [0.7, 0.4])]);
    const [row] = summary.rows;
    expect(row.last.mean).toBeCloseTo(0.6);
    expect(row.last.deviation).toBeCloseTo(Math.SQRT1_2 / 5); // 0.5 and 0.7: sqrt(0.02)
    expect(row.oracle.mean).toBeCloseTo(0.65); // 0.6 and 0.7
    expect(row.chosen.mean).toBeCloseTo(0.9); // the first step has more information in both
    expect(row.overclusters).toBeUndefined();
    expect(summary.rankings.map(({ correlation }) => correlation)).toEqual([1, -1, NaN, 1]);
    expect(studyTable(summary)).toContain('| d | r | 2 | 60.0 ± 14.1 |');
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

  it('says which environment variable is missing', () => {
    const read = () => readStudy(fileOf({ ...study, seeds: ['$NOT_THERE_AT_ALL/x'] }));
    expect(read).toThrow('the environment has no NOT_THERE_AT_ALL, which $NOT_THERE_AT_ALL/x begins with');
  });
});
