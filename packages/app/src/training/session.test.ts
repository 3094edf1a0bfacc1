import { openDataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.js';
import { resolveConfig } from './config.js';
import { sessionStateOf } from './session-state.js';
import { TrainingSession } from './session.js';

beforeAll(useTestEngine);

const dataset = openDataset({ dataset: 'mosaic', count: 4, size: [32, 32] });
const statistics = { mean: [0.5, 0.5, 0.5], std: [0.1, 0.1, 0.1] };
const config = resolveConfig('default', {
  clusters: 3,
  overclusters: 4,
  mainHeads: 2,
  network: { stemChannels: 2, outputStride: 4, blocks: 1 },
  crop: [24, 28],
  batchSize: 2,
  halfWindow: 1,
  steps: 6,
  seed: 3,
});

async function trained(session: TrainingSession, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await session.next()).loss);
  return losses;
}

describe('value', () => {
  it('takes the same steps to the same bits from one seed', async () => {
    const [a, b] = [0, 1].map(() => new TrainingSession(config, dataset, statistics));
    expect(await trained(a, 3)).toEqual(await trained(b, 3));
    expect((await a.checkpoint()).tensors).toEqual((await b.checkpoint()).tensors);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it('takes other steps from another seed', async () => {
    const a = new TrainingSession(config, dataset, statistics);
    const b = new TrainingSession({ ...config, seed: 4 }, dataset, statistics);
    expect(await trained(a, 1)).not.toEqual(await trained(b, 1));
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const whole = new TrainingSession(config, dataset, statistics);
    await trained(whole, 5);
    const first = new TrainingSession(config, dataset, statistics);
    await trained(first, 2);
    // Through JSON, as on disk.
    const { step, tensors, state } = await first.checkpoint();
    await first.dispose();
    const second = new TrainingSession(config, dataset, statistics, {
      from: { step, tensors, state: JSON.parse(JSON.stringify(state)) },
    });
    expect(second.step).toBe(2);
    await trained(second, 3);
    const [a, b] = await Promise.all([whole.checkpoint(), second.checkpoint()]);
    expect(b.tensors).toEqual(a.tensors);
    const times = { seconds: 0, dataSeconds: 0 };
    expect({ ...b.state, ...times }).toEqual({ ...a.state, ...times });
    await Promise.all([whole.dispose(), second.dispose()]);
  });

  it('learns: more mutual information after some steps than at first', async () => {
    const session = new TrainingSession(
      { ...config, steps: 30, warmupSteps: 0, learningRate: 5e-3 },
      dataset,
      statistics,
    );
    const losses = await trained(session, 30);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)) - 0.05);
    await session.dispose();
  });
});

/** Heads that put every position into their first cluster. */
function useOneClusterOnly({ network }: TrainingSession, heads: readonly string[]): void {
  const { config, weights } = network.save();
  const constant = heads.flatMap((head) =>
    ['kernel', 'bias'].map((kind) => {
      const { shape, data } = weights[`decoder/${head}_${kind}`];
      const values = data.map((_, at) => (kind === 'bias' && at === 0 ? 9 : 0)); // the others get e^-9 of its share
      return [`decoder/${head}_${kind}`, { shape, data: values }];
    }),
  );
  network.load({ config, weights: { ...weights, ...Object.fromEntries(constant) } });
}

describe('finish', () => {
  it('keeps in the checkpoint what overclusters are merged into where that segments, until training goes on', async () => {
    const session = new TrainingSession({ ...config, distil: false }, dataset, statistics);
    await trained(session, 1);
    useOneClusterOnly(session, ['main0', 'main1']);
    await session.finish(dataset);
    const { head, groups, clusters } = session.model();
    expect([head, groups?.length, clusters]).toEqual(['over', 4, 3]);
    const { step, tensors, state } = await session.checkpoint();
    expect(state.merged).toEqual({ clusters: 3, of: [...groups!] });
    const again = new TrainingSession({ ...config, distil: false }, dataset, statistics, {
      from: { step, tensors, state },
    });
    expect(again.model().groups).toEqual(groups);
    await trained(again, 1);
    expect(again.model()).toMatchObject({ head: `main${again.bestHead()}`, clusters: 3 });
    expect((await again.checkpoint()).state.merged).toBeUndefined();
    await Promise.all([session.dispose(), again.dispose()]);
  });

  it.each([
    ['the best main head', [], /^main[01]$/],
    ['overclusters, where the best main head leaves a cluster unused', ['main0', 'main1'], /^over$/],
  ] as const)('distils %s, until training goes on', async (_, unused, teacher) => {
    const session = new TrainingSession(config, dataset, statistics);
    await trained(session, 1);
    useOneClusterOnly(session, unused);
    await session.finish(dataset);
    expect(session.model()).toMatchObject({ head: 'distilled', clusters: 3 });
    expect(session.model().groups).toBeUndefined();
    const { step, tensors, state } = await session.checkpoint();
    expect(state.distilled).toMatch(teacher);
    expect(state.merged === undefined).toBe(unused.length === 0);
    const again = new TrainingSession(config, dataset, statistics, { from: { step, tensors, state } });
    expect(again.model().head).toBe('distilled');
    await trained(again, 1);
    expect(again.model().head).toBe(`main${again.bestHead()}`);
    await Promise.all([session.dispose(), again.dispose()]);
  });

  it('leaves the main head where neither merging nor distilling is asked for', async () => {
    const changes = { mergeOverclusters: false, distil: false };
    const session = new TrainingSession({ ...config, ...changes }, dataset, statistics);
    await trained(session, 1);
    await session.finish(dataset);
    expect(session.model()).toMatchObject({ head: `main${session.bestHead()}`, clusters: 3 });
    await session.dispose();
  });
});

describe('error', () => {
  it.each([
    [{ information: [0.1] }, 'is of 1 main heads, its configuration has 2'],
    [{ merged: { clusters: 3, of: [0, 1] } }, 'merges 2 overclusters, its configuration has 4'],
    [{ distilled: 'main0' }, 'segments with a distilled head, which its configuration does not have'],
  ])('names what of a checkpoint its configuration cannot have: %o', async (other, text) => {
    const plain = { ...config, distil: false };
    const session = new TrainingSession(plain, dataset, statistics);
    const { step, tensors, state } = await session.checkpoint();
    const from = { step, tensors, state: { ...state, ...other } };
    expect(() => sessionStateOf(from, plain)).toThrow(new UserError(`the checkpoint of step 0 ${text}.`));
    await session.dispose();
  });
});

describe('read-back', () => {
  const deferred = () => new TrainingSession(config, dataset, statistics, { readEvery: 3 });

  it('is not made within a step: numbers come together every few steps, and are those of steps read one by one', async () => {
    const [eager, lazy] = [new TrainingSession(config, dataset, statistics), deferred()];
    const read = vi.spyOn(tf.backend(), 'read');
    const arrived = [];
    for (let i = 0; i < 5; i++) {
      read.mockClear();
      const steps = await lazy.advance();
      arrived.push(...steps.map(({ step }) => step));
      expect(read).toHaveBeenCalledTimes(steps.length);
    }
    expect(arrived).toEqual([1, 2, 3]);
    await expect(lazy.checkpoint()).rejects.toThrow('TrainingSession.checkpoint: settle the steps before it');
    const rest = await lazy.settle();
    read.mockRestore();
    const losses = await trained(eager, 5);
    expect(rest.map(({ loss }) => loss)).toEqual(losses.slice(3));
    expect((await lazy.checkpoint()).tensors).toEqual((await eager.checkpoint()).tensors);
    expect(lazy.information).toEqual(eager.information);
    await Promise.all([eager.dispose(), lazy.dispose()]);
  });

  it('finds out late that a step gave no numbers, and yet nothing was learned from it', async () => {
    const session = deferred();
    await session.advance();
    await session.settle();
    const { tensors } = await session.checkpoint();
    const [weight] = session.network.variables;
    const whole = weight.dataSync().slice();
    tf.tidy(() => weight.assign(tf.fill(weight.shape, Number.NaN)));
    await session.advance();
    tf.tidy(() => weight.assign(tf.tensor(whole, weight.shape)));
    const [{ skipped }] = await session.settle();
    expect(skipped?.step).toBe(2);
    const after = await session.checkpoint();
    expect(after.state.optimizerStep).toBe(1);
    // Running statistics follow every batch of numbers.
    const learned = Object.keys(tensors).filter((name) => !name.includes('running'));
    for (const name of learned) expect(after.tensors[name]).toEqual(tensors[name]);
    await session.dispose();
  });
});

describe('memory', () => {
  it('holds the same number of tensors after every step, and none when disposed', async () => {
    const before = tf.memory().numTensors;
    const session = new TrainingSession(config, dataset, statistics);
    await trained(session, 1);
    const during = tf.memory().numTensors;
    await trained(session, 4);
    expect(tf.memory().numTensors).toBe(during);
    await session.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
