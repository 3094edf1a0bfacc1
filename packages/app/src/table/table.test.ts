import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evaluation } from '@autoregseg/evaluation';
import { ORDERING_NAMES } from '@autoregseg/orderings';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig, trainConfigSchema } from '../training/config.js';
import { ABLATIONS, configOfVariant, crossedVariants, variantsOf, type AblationAxis } from './ablations.js';
import type { Cell, CellWatch } from './cell.js';
import { formatStatistic } from './columns.js';
import { makeCell } from './make-cell.js';
import { tableMarkdown } from './markdown.js';
import { configOfMethod, titleOf, type TableMethod } from './methods.js';
import { PROTOCOLS } from './protocols.js';
import { runTable } from './run-table.js';
import { statistic, summarise } from './summary.js';
import { tableHtml } from './table-html.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = resolveConfig('default', { clusters: 3, steps: 2 });
const setting = {
  train: { dataset: 'mosaic', count: 2, size: [32, 32] },
  score: { dataset: 'mosaic', count: 2, size: [32, 32], split: 'test' },
  protocol: PROTOCOLS['held-out'],
  config,
} as const;

function cell(method: TableMethod, seed: number, accuracies: readonly number[], seconds = 10): Cell {
  const checkpoints = accuracies.map((pixelAccuracy, i) => ({
    step: i + 1,
    seconds: (seconds * (i + 1)) / accuracies.length,
    // The loss falls but for the last checkpoint.
    loss: i === accuracies.length - 1 ? -i + 1.5 : -i,
    pixelAccuracy,
    meanIoU: pixelAccuracy / 2,
  }));
  const last = accuracies.at(-1) ?? 0.4;
  const protocol = { matchedOn: 'the images it is scored on' } as Evaluation['protocol'];
  const evaluation = { protocol, pixelAccuracy: last, meanIoU: last / 2 } as Evaluation;
  return { method, seed, evaluation, checkpoints };
}

const lines = (...methods: TableMethod[]) => methods.map((id) => ({ id, title: titleOf(id) }));

describe('value', () => {
  it('is mean and deviation of the sample', () => {
    // deviations -2, 0, 2 of the mean 4: sqrt(8 / 2)
    expect(statistic([2, 4, 6])).toEqual({ mean: 4, deviation: 2, values: [2, 4, 6] });
    expect(formatStatistic(statistic([0.9, 0.8]), 100)).toBe('85.0 ± 7.1');
    expect(formatStatistic(statistic([0.9]), 100)).toBe('90.0');
  });

  it('keeps the last checkpoint, the one of least loss and the one that labels would choose apart', () => {
    const [row] = summarise([cell('ac', 0, [0.5, 0.9, 0.7, 0.6])], lines('ac'));
    expect([row.last, row.bestByLoss, row.oracle].map((each) => each!.mean)).toEqual([0.6, 0.7, 0.9]);
  });

  it('compares at the seconds of the fastest method from the same seed', () => {
    const cells = [cell('iic', 0, [0.1, 0.2], 10), cell('ac', 0, [0.5, 0.6], 20), cell('ac', 1, [0.7, 0.8], 20)];
    const [iic, ac] = summarise(cells, lines('iic', 'ac'));
    expect(iic.equalSeconds!.values).toEqual([0.2]);
    // Seed 0: half of the steps within 10 seconds; seed 1 has no faster one.
    expect(ac.equalSeconds!.values).toEqual([0.5, 0.8]);
  });

  it('compares at the seconds of the fastest method by shorter trainings where there were any', () => {
    const cells = [cell('iic', 0, [0.1, 0.2], 10), cell('ac', 0, [0.5, 0.6], 20), cell('ac', 1, [0.7, 0.8], 20)];
    const [iic, ac] = summarise(cells, lines('iic', 'ac'), [cell('ac', 0, [0.55], 10)]);
    expect(iic.equalSeconds!.values).toEqual([0.2]);
    expect(ac.equalSeconds!.values).toEqual([0.55, 0.8]);
  });

  it('shows what the same clusters reach when matched on the images that are scored', () => {
    const held = cell('ac', 0, [0.4]);
    const evaluation: Evaluation = {
      ...held.evaluation,
      protocol: { ...held.evaluation.protocol, matchedOn: 'the training images' },
      // Cluster 0 holds 6 pixels of class 1, cluster 1 holds 3 of class 0 and 1 of class 1.
      confusion: [
        [0, 6],
        [3, 1],
      ],
    };
    const [row] = summarise([{ ...held, evaluation }], lines('ac'));
    expect(row.matchedOnScored!.mean).toBeCloseTo(0.9);
    expect(summarise([held], lines('ac'))[0].matchedOnScored).toBeUndefined();
  });

  it('trains what is slower again for the seconds of the fastest, and one training for lines of one id', async () => {
    const made: string[] = [];
    const line = (id: string, title: string, seconds: number) => ({
      id,
      title,
      make: (seed: number, steps: number) => {
        made.push(`${id}-${seed}-${steps}`);
        return Promise.resolve({ ...cell('ac', seed, [steps / 10], (seconds * steps) / 10), method: id });
      },
    });
    const rows = await runTable({
      ...setting,
      config: { ...config, steps: 10 },
      seeds: [0, 1],
      command: 'test',
      engine: 'wasm',
      out: join(folder, 'equal'),
      equalSeconds: true,
      lines: [line('quick', 'quick', 10), line('slow', 'slow', 25), line('quick', 'the same', 10)],
    });
    // 10 steps in 10 s, so 25 s hold four of ten steps within them.
    expect(made).toEqual(['quick-0-10', 'slow-0-10', 'slow-0-4', 'quick-1-10', 'slow-1-10', 'slow-1-4']);
    expect(rows.map(({ title, seeds, equalSeconds }) => [title, seeds, equalSeconds!.values])).toEqual([
      ['quick', [0, 1], [1, 1]],
      ['slow', [0, 1], [0.4, 0.4]],
      ['the same', [0, 1], [1, 1]],
    ]);
  });

  it('stops where it is told to, goes on from the checkpoint, and ends with the cell of an undisturbed run', async () => {
    const small = {
      ...setting,
      config: resolveConfig('default', {
        clusters: 3,
        steps: 4,
        batchSize: 2,
        crop: [32, 32],
        overclusters: 3,
        mainHeads: 1,
        checkpointEvery: 2,
        network: { stemChannels: 4, blocks: 1 },
      }),
    };
    const stop = new AbortController();
    const watch: CellWatch = { signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() };
    const whole = await makeCell('ac', 0, small, join(folder, 'whole'));
    expect(await makeCell('ac', 0, small, join(folder, 'stopped'), watch)).toBeUndefined();
    const steps: number[] = [];
    const rest = await makeCell('ac', 0, small, join(folder, 'stopped'), { onStep: ({ step }) => steps.push(step) });
    expect(steps).toEqual([4]);
    const timeless = (made: Cell | undefined) => ({
      ...made,
      checkpoints: made!.checkpoints.map((score) => ({ ...score, seconds: 0 })),
    });
    expect(timeless(rest)).toEqual(timeless(whole));
    expect(whole!.checkpoints.map(({ step }) => step)).toEqual([2, 4]);
    for (const probe of [whole!.linearProbe!, whole!.nonLinearProbe!]) expect(probe).toBeGreaterThan(0.2);
  });

  it('changes nothing but the views from IIC to AC, and the objective from AC to ARL', () => {
    const [iic, ac, arl, both] = (['iic', 'ac', 'arl', 'ac-arl'] as const).map((method) =>
      configOfMethod(method, config, 7),
    );
    expect(ac).toEqual({ ...config, contrastWeight: 0, seed: 7 });
    expect(iic).toEqual({ ...ac, pairing: 'unmasked' });
    expect(arl).toEqual({ ...config, method: 'arl', seed: 7 });
    expect(both).toEqual({ ...ac, contrastWeight: 1 });
  });

  it('says in Markdown and on the page what was run', () => {
    const heading = {
      setting,
      retrained: false,
      command: 'autoregseg table <x>',
      machine: 'a machine',
      engine: 'an engine',
    };
    const rows = summarise([cell('ac', 0, [0.5]), cell('kmeans', 0, [])], lines('kmeans', 'ac'));
    const text = tableMarkdown(rows, heading);
    expect(text).toContain('| AC: clustering between orderings | 1 | 50.0 | 25.0 | 50.0 | 50.0 | 50.0 | 10.0 |');
    expect(text).toContain('Protocol held-out: matched on the labels of the training images');
    expect(text).toContain('`autoregseg table <x>`');
    expect(tableHtml(rows, heading)).toContain('autoregseg table &#60;x&#62;');
  });

  it('writes each cell once, and goes on with what is missing', async () => {
    const request = { ...setting, seeds: [0], out: join(folder, 'table'), command: 'test', engine: 'wasm' as const };
    const made: string[] = [];
    const runnable = (...methods: TableMethod[]) =>
      lines(...methods).map((line) => ({
        ...line,
        make: (seed: number, _steps: number, watch: CellWatch) => {
          made.push(`${line.id}-${seed}`);
          return makeCell(line.id as TableMethod, seed, setting, request.out, watch);
        },
      }));
    await runTable({ ...request, lines: runnable('kmeans') });
    const rows = await runTable({ ...request, lines: runnable('kmeans', 'sift'), seeds: [0, 1] });
    expect(made).toEqual(['kmeans-0', 'sift-0', 'kmeans-1', 'sift-1']);
    expect(rows.map(({ method, seeds }) => [method, seeds])).toEqual([
      ['kmeans', [0, 1]],
      ['sift', [0, 1]],
    ]);
    const { rows: written, protocol } = JSON.parse(readFileSync(join(request.out, 'table.json'), 'utf8')) as {
      rows: typeof rows;
      protocol: { name: string };
    };
    expect(written).toHaveLength(2);
    expect(protocol.name).toBe('held-out');
    expect(statSync(join(request.out, 'table.html')).size).toBeGreaterThan(1000);
    expect(existsSync(join(request.out, 'table.md'))).toBe(true);
  });

  it('has a whole configuration for each variant of each ablation, and a name of its own', () => {
    const variants = variantsOf(Object.keys(ABLATIONS) as AblationAxis[]);
    expect(new Set(variants.map(({ title }) => title)).size).toBe(variants.length);
    for (const { variant } of variants) {
      const changed = configOfVariant(variant, config);
      expect(trainConfigSchema.parse(changed)).toEqual(changed);
      for (const name of changed.orderings ?? []) expect(ORDERING_NAMES).toContain(name);
    }
    const grid = crossedVariants(['pairing', 'attention', 'inference-view']);
    expect(grid).toHaveLength(5 * 2 * 2);
    expect(grid[3].title).toBe('pairing: distinct, attention: after block 1, inference-view: average');
    expect(grid[3].variant).toEqual({
      changes: { pairing: 'distinct' },
      network: { attention: [1] },
      view: 'average',
    });
    const [, opposite] = variantsOf(['attention']);
    expect(configOfVariant(opposite.variant, config)).toEqual({
      ...config,
      network: { ...config.network, attention: [1] },
    });
  });
});
