import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadRun } from '../inference/model.js';
import { readNewestCheckpoint, writeCheckpoint } from '../run/checkpoint.js';
import { resolveConfig } from './config.js';
import type { SessionState } from './session-state.js';
import { TrainingSession } from './session.js';
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

const trained = (more: Partial<TrainRequest> = {}) =>
  train({ dataset: { dataset: 'mosaic', count: 3, size: [32, 32] }, config, out, resume: true, ...more });

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

describe('finishing', () => {
  const finish = vi.spyOn(TrainingSession.prototype, 'finish');
  afterEach(() => void finish.mockClear());
  const newest = () => readNewestCheckpoint<SessionState>(out)!;

  /** Takes all steps and ends before what comes after them. */
  async function trainUnfinished(): Promise<void> {
    finish.mockRejectedValueOnce(new Error('out of memory'));
    await expect(trained()).rejects.toThrow('out of memory');
  }

  /** The head that segments, and what is said of it. */
  function loaded() {
    const warnings: string[] = [];
    const { model } = loadRun(out, (warning) => warnings.push(warning));
    model.network.dispose();
    return { head: model.head, warnings };
  }

  it('that fails loses no step: a resumed run takes none, finishes, and tells of its last checkpoint once', async () => {
    await trainUnfinished();
    expect(newest()).toMatchObject({ step: 5, state: { fitted: false } });
    expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))).toMatchObject({ status: 'failed', step: 5 });
    const told: unknown[] = [];
    const outcome = await trained({
      onStep: ({ step }) => void told.push(step),
      onFinish: () => void told.push('finish'),
      onCheckpoint: async ({ step, model: { head } }) => void told.push([step, head]),
    });
    expect(told).toEqual(['finish', [5, 'distilled']]);
    const finished = { status: 'finished', manifest: { status: 'finished', step: 5, head: 'distilled' } };
    expect(outcome).toMatchObject(finished);
    expect(newest()).toMatchObject({ step: 5, state: { fitted: true, distilled: 'main0' } });
    expect(loaded()).toEqual({ head: 'distilled', warnings: [] });
  });

  it('that is stopped is left to a resumed run, which ends as an undisturbed one', async () => {
    const stop = new AbortController();
    const outcome = await trained({ signal: stop.signal, onFinish: () => stop.abort() });
    const stopped = { status: 'interrupted', manifest: { status: 'interrupted', step: 5 } };
    expect(outcome).toMatchObject(stopped);
    expect(newest()).toMatchObject({ step: 5, state: { fitted: false } });
    await trained();
    const { tensors } = newest();
    rmSync(out, { recursive: true });
    await trained();
    expect(newest().tensors).toEqual(tensors);
  });

  it('is not done again where a finished run is resumed', async () => {
    await trained();
    expect(finish).toHaveBeenCalledTimes(1);
    const before = newest();
    const { status } = await trained({ onFinish: () => expect.unreachable() });
    expect(status).toBe('finished');
    expect(finish).toHaveBeenCalledTimes(1);
    expect(newest()).toEqual(before);
  });

  it('comes after more steps, where more are asked for of a run that was not finished', async () => {
    await trainUnfinished();
    const steps: number[] = [];
    await trained({ config: { ...config, steps: 7 }, onStep: ({ step }) => void steps.push(step) });
    expect(steps).toEqual([6, 7]);
    expect(newest()).toMatchObject({ step: 7, state: { fitted: true, distilled: 'main0' } });
  });

  it('is done where a run that was stopped on the way is to end there', async () => {
    const stop = new AbortController();
    await trained({ signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() });
    expect(newest()).toMatchObject({ step: 3, state: { fitted: false } });
    await trained({ config: { ...config, steps: 3 } });
    expect(newest()).toMatchObject({ step: 3, state: { fitted: true, distilled: 'main0' } });
  });

  it('is missed by who loads a run of all steps, not on the way: a main head segments', async () => {
    const stop = new AbortController();
    await trained({ signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() });
    expect(loaded()).toEqual({ head: 'main0', warnings: [] });
    await trainUnfinished();
    const warning = `${out} took all its steps and is not finished: a main head segments until \`autoregseg train --resume\` chooses what does`;
    expect(loaded()).toEqual({ head: 'main0', warnings: [warning] });
  });

  it('is taken as done in checkpoints that did not say otherwise, of early runs', async () => {
    await trainUnfinished();
    const { step, tensors, state } = newest();
    for (const fitted of [true, undefined]) {
      writeCheckpoint(out, { step, tensors, state: { ...state, fitted } });
      finish.mockClear();
      expect((await trained()).manifest).toMatchObject({ status: 'finished', head: 'main0' });
      expect(finish).not.toHaveBeenCalled();
    }
  });
});
