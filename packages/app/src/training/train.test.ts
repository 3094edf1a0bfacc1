import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig } from './config.js';
import { TINY_RECIPE } from './tiny-recipe.fixture.js';
import { train, type TrainRequest } from './train.js';

let out = '';
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'train-')), 'run');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true, force: true }));

const config = resolveConfig('default', {
  clusters: 3,
  mainHeads: 1,
  overclusters: 0,
  ...TINY_RECIPE,
  steps: 5,
  checkpointEvery: 2,
});

const trained = (watch: Pick<TrainRequest, 'onCheckpoint' | 'onFinish' | 'onStep' | 'signal'>) =>
  train({ dataset: { dataset: 'mosaic', count: 3, size: [32, 32] }, config, out, resume: true, ...watch });

/** Notes the steps that it is told of. */
const noted = (steps: number[]): Pick<TrainRequest, 'onCheckpoint'> => ({
  onCheckpoint: async ({ step }) => void steps.push(step),
});

describe('onCheckpoint', () => {
  it('is told of every checkpoint, and once more of the one that a run goes on from', async () => {
    const told: number[] = [];
    const failing = trained({
      async onCheckpoint({ step }) {
        told.push(step);
        if (step === 4) throw new Error('killed while it was scored');
      },
    });
    await expect(failing).rejects.toThrow('killed while it was scored');
    expect(told).toEqual([2, 4]);
    const again: number[] = [];
    await trained(noted(again));
    expect(again).toEqual([4, 5]);
    const finished: number[] = [];
    await trained(noted(finished));
    expect(finished).toEqual([5]);
  });

  it('is not told of where a run was stopped between two checkpoints', async () => {
    const stop = new AbortController();
    const { status } = await trained({ signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() });
    expect(status).toBe('interrupted');
    const told: number[] = [];
    await trained(noted(told));
    expect(told).toEqual([4, 5]);
  });
});

describe('onFinish', () => {
  it('is told once, after the last step, and not where a run was stopped', async () => {
    const stop = new AbortController();
    let last = 0;
    const told: number[] = [];
    const watch = {
      onStep({ step }: { readonly step: number }) {
        last = step;
        if (step === 3) stop.abort();
      },
      onFinish: () => void told.push(last),
    };
    await trained({ ...watch, signal: stop.signal });
    expect(told).toEqual([]);
    await trained(watch);
    expect(told).toEqual([5]);
  });
});
