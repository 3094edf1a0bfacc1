import { setTimeout as sleep } from 'node:timers/promises';
import { cropSample, openDataset, type Dataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../training/config.js';
import { TrainingSession } from '../training/session.js';
import { fittingMicroBatch, planTraining } from './plan.js';

beforeAll(useTestEngine);

const dataset = openDataset({ dataset: 'mosaic', count: 8, size: [32, 32] });
const recipe = { clusters: 3, mainHeads: 1, overclusters: 0, crop: [16, 16] as [number, number], steps: 40 };
const config = resolveConfig('default', { ...recipe, batchSize: 8, network: { stemChannels: 2, blocks: 1 } });

describe('memory that a machine does not have', () => {
  it('is foretold, with the images at a time that would fit', () => {
    expect(fittingMicroBatch({ peakMemoryMb: 9000 }, 40, 10_000)).toBeUndefined();
    expect(fittingMicroBatch({ peakMemoryMb: 28_000 }, 40, 10_000)).toBe(10);
    expect(fittingMicroBatch({ peakMemoryMb: 1e9 }, 2, 10_000)).toBe(1);
  });
});

describe('value', () => {
  it("tells the tensors' peak of a larger batch to 25 %", async () => {
    const plan = await planTraining(config, dataset);
    const session = new TrainingSession(config, dataset, { mean: [0.5, 0.5, 0.5], std: [0.1, 0.1, 0.1] });
    await session.next();
    const { peakBytes } = await tf.profile(async () => void (await session.next()));
    await session.dispose();
    expect(plan.probes).toEqual([2, 4]);
    expect(Math.abs(plan.tensorMemoryMb / (peakBytes / 2 ** 20) - 1)).toBeLessThan(0.25);
    expect(plan.seconds).toBeCloseTo(plan.startSeconds + 40 * plan.secondsPerStep + plan.dataSeconds, 9);
  });

  it('waits for each image once where all are kept in memory, and every time where windows are read', async () => {
    // 40 steps of 8 images take 320, of a dataset of 8
    const wait = 0.01;
    const slow = (windows: boolean): Dataset => ({
      ...dataset,
      get: async (index, options) => {
        await sleep(1000 * wait);
        return dataset.get(index, options);
      },
      ...(windows && {
        getWindow: async (index, place) => {
          await sleep(1000 * wait);
          const sample = await dataset.get(index);
          const { corner, size } = place(32, 32);
          return cropSample(sample, corner, size);
        },
      }),
    });
    const kept = await planTraining(config, slow(false));
    const read = await planTraining(config, slow(true));
    expect(kept.dataSeconds).toBeLessThan(8 * wait);
    expect(read.dataSeconds).toBeGreaterThan(kept.dataSeconds);
  });

  it('holds one part at a time where the batch is taken in parts, and stops at the minutes', async () => {
    const parts = await planTraining({ ...config, microBatch: 2, minutes: 1e-5 }, dataset);
    expect(parts.probes).toEqual([1, 2]);
    expect(parts.seconds).toBeCloseTo(6e-4, 12);
  });
});

describe('memory', () => {
  it('leaves nothing', async () => {
    const before = tf.memory().numTensors;
    await planTraining(config, dataset);
    expect(tf.memory().numTensors).toBe(before);
  });
});
