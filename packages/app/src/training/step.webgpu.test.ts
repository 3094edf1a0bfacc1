import { openDataset } from '@autoregseg/data';
import { useEngine } from '@autoregseg/engine';
import { nameSoftwareGpu } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { resolveConfig } from './config.js';
import { gaugesFromPlain } from './step-gauges.fixture.js';
import { differenceFromPlain, STEP_CASES } from './step-gradients.fixture.js';
import { TrainingSession } from './session.js';

nameSoftwareGpu();
const absent = await useEngine('webgpu').then(
  () => '',
  (error: Error) => ` (not run: ${error.message})`,
);

describe.skipIf(absent)(`gradient${absent}`, () => {
  it.each(STEP_CASES)('of a step on WebGPU equals the plain path to 1e-4: %s', async (name) =>
    expect(await differenceFromPlain('webgpu', name)).toBeLessThan(1e-4),
  );
});

describe.skipIf(absent)(`gauges${absent}`, () => {
  it('of a step on WebGPU equal the plain path to 1e-4', async () =>
    expect(await gaugesFromPlain('webgpu')).toBeLessThan(1e-4));
});

describe.skipIf(absent)('read-back', () => {
  it('is not made within steps of the default recipe, whose numbers are there when they are asked for', async () => {
    await tf.setBackend('webgpu');
    const config = resolveConfig('default', {
      clusters: 3,
      overclusters: 4,
      mainHeads: 2,
      network: { stemChannels: 4, outputStride: 4, blocks: 1 },
      crop: [24, 28],
      batchSize: 2,
      halfWindow: 1,
      steps: 6,
    });
    const dataset = openDataset({ dataset: 'mosaic', count: 4, size: [32, 32] });
    const session = new TrainingSession(config, dataset, { mean: [0.5, 0.5, 0.5], std: [0.1, 0.1, 0.1] });
    // A read that does not wait: one that does throws here, where nothing can wait for the device.
    const read = vi.spyOn(tf.backend(), 'read');
    for (let i = 0; i < 3; i++) expect(await session.advance()).toEqual([]);
    expect(read).not.toHaveBeenCalled();
    const steps = await session.settle();
    expect(steps.map(({ step, skipped }) => [step, skipped])).toEqual([1, 2, 3].map((step) => [step, undefined]));
    for (const { loss, effectiveClusters } of steps) {
      expect(loss).toSatisfy(Number.isFinite);
      expect(Math.min(...effectiveClusters)).toBeGreaterThan(1);
    }
    // Weights can be saved without a read that waits.
    const { tensors } = await session.checkpoint();
    expect(Object.values(tensors).every(({ data }) => data.every(Number.isFinite))).toBe(true);
    await session.dispose();
    read.mockRestore();
  });
});
