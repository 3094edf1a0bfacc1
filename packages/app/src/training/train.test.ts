import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig } from './config.js';
import { train, type CheckpointView } from './train.js';

let out = '';
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'train-')), 'run');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true, force: true }));

const config = resolveConfig('default', {
  clusters: 3,
  mainHeads: 1,
  overclusters: 0,
  network: { stemChannels: 2, blocks: 1 },
  crop: [24, 24],
  batchSize: 2,
  halfWindow: 1,
  steps: 5,
  checkpointEvery: 2,
});

const trained = (onCheckpoint: (checkpoint: CheckpointView) => Promise<void>) =>
  train({ dataset: { dataset: 'mosaic', count: 3, size: [32, 32] }, config, out, resume: true, onCheckpoint });

describe('onCheckpoint', () => {
  it('is told of every checkpoint, and once more of the one that a run goes on from', async () => {
    const told: number[] = [];
    const failing = trained(async ({ step }) => {
      told.push(step);
      if (step === 4) throw new Error('killed while it was scored');
    });
    await expect(failing).rejects.toThrow('killed while it was scored');
    expect(told).toEqual([2, 4]);
    const again: number[] = [];
    await trained(async ({ step }) => void again.push(step));
    expect(again).toEqual([4, 5]);
    const finished: number[] = [];
    await trained(async ({ step }) => void finished.push(step));
    expect(finished).toEqual([5]);
  });

  it('is not told of where a run was stopped between two checkpoints', async () => {
    const stop = new AbortController();
    const request = { dataset: { dataset: 'mosaic', count: 3, size: [32, 32] }, config, out, resume: true } as const;
    const onStep = ({ step }: { readonly step: number }) => step === 3 && stop.abort();
    expect((await train({ ...request, signal: stop.signal, onStep })).status).toBe('interrupted');
    const told: number[] = [];
    await trained(async ({ step }) => void told.push(step));
    expect(told).toEqual([4, 5]);
  });
});
