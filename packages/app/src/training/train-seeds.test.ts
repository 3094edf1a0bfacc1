import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRun } from '../inference/model.js';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { writeRunReport } from '../run/write-report.js';
import { resolveConfig } from './config.js';
import { TINY_RECIPE } from './tiny-recipe.fixture.js';
import { train } from './train.js';
import { trainSeeds, type SeedsRequest } from './train-seeds.js';

let out = '';
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'train-seeds-')), 'run');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true, force: true }));

const config = resolveConfig('default', {
  clusters: 3,
  mainHeads: 1,
  overclusters: 0,
  ...TINY_RECIPE,
  steps: 6,
  seed: 4,
});
const request = (more: Partial<SeedsRequest> = {}): SeedsRequest => ({
  dataset: { dataset: 'mosaic', count: 3, size: [32, 32] },
  config,
  out,
  seeds: 3,
  command: 'autoregseg train --seeds 3',
  ...more,
});
const tensorsOf = (run: string) => readNewestCheckpoint(run)!.tensors;
const seedFolder = (seed: number) => join(out, 'seeds', `seed-${seed}`);

describe('trainSeeds', () => {
  it('keeps, of the runs of each seed, the one whose orderings agree most, as a run like any other', async () => {
    const { status, manifest } = await trainSeeds(request());
    expect(status).toBe('finished');
    const seeds = manifest.seeds!;
    expect(seeds.map(({ seed }) => seed)).toEqual([4, 5, 6]);
    expect(new Set(seeds.map(({ kappa }) => kappa)).size).toBe(3);
    const most = Math.max(...seeds.map(({ information }) => information));
    const best = seeds
      .filter(({ information }) => information >= 0.9 * most)
      .reduce((a, b) => (b.kappa > a.kappa ? b : a));
    const kept = loadRun(out);
    kept.model.network.dispose();
    expect(kept.run.config.seed).toBe(best.seed);
    expect(tensorsOf(out)).toEqual(tensorsOf(seedFolder(best.seed)));
    expect(manifest.command).toBe('autoregseg train --seeds 3');
    const { report } = await writeRunReport(out);
    expect(readFileSync(report, 'utf8')).toContain(`${best.seed}, of 4, 5, 6 the one whose orderings agree most`);
  }, 60_000);

  it('goes on where it was stopped, and ends in the weights of trainings by themselves', async () => {
    const stop = new AbortController();
    const stopped = await trainSeeds(request({ signal: stop.signal }), (one, place) =>
      train({ ...one, onStep: ({ step }) => place === 2 && step === 3 && stop.abort() }),
    );
    expect({
      status: stopped.status,
      seed2: existsSync(seedFolder(6)),
      kept: existsSync(join(out, 'config.json')),
    }).toEqual({
      status: 'interrupted',
      seed2: false,
      kept: false,
    });
    await trainSeeds(request({ resume: true }));
    const alone = join(out, '..', 'alone');
    await train({ ...request(), config: { ...config, seed: 5 }, out: alone });
    expect(tensorsOf(seedFolder(5))).toEqual(tensorsOf(alone));
  });

  it('once one is kept, trains no other, and makes that one longer where it is asked to', async () => {
    const { manifest } = await trainSeeds(request());
    rmSync(join(out, 'seeds'), { recursive: true });
    const longer = await trainSeeds(request({ resume: true, config: { ...config, steps: 8 } }));
    expect(longer.manifest).toMatchObject({ step: 8, seeds: manifest.seeds, warnings: [] });
    expect(existsSync(join(out, 'seeds'))).toBe(false);
  });

  it('refuses a method that learns no clusters, and a folder that holds something', async () => {
    const arl = { ...config, method: 'arl' } as const;
    await expect(trainSeeds(request({ config: arl }))).rejects.toThrow(/agree, and arl learns none/);
    await trainSeeds(request({ seeds: 1 }));
    await expect(trainSeeds(request())).rejects.toThrow(/is not empty/);
  });
});
