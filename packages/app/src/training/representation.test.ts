import { openDataset, type Dataset } from '@autoregseg/data';
import { infoNce } from '@autoregseg/losses';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { featureExtractor } from '../inference/features.js';
import { segmentImage } from '../inference/segmenter.js';
import { resolveConfig } from './config.js';
import { createObjective } from './create-objective.js';
import { TrainingSession } from './session.js';

beforeAll(useTestEngine);

const dataset = openDataset({ dataset: 'mosaic', count: 4, size: [32, 32] });
const statistics = { mean: [0.5, 0.5, 0.5], std: [0.1, 0.1, 0.1] };
const config = resolveConfig('default', {
  method: 'arl',
  clusters: 3,
  projection: 4,
  negatives: 16,
  network: { stemChannels: 4, outputStride: 4, blocks: 1 },
  crop: [32, 32],
  batchSize: 2,
  halfWindow: 4,
  learningRate: 5e-3,
  warmupSteps: 0,
  steps: 8,
  seed: 3,
});

const map = (shape: [number, number, number, number], seed: number) =>
  tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed);

describe('value', () => {
  it('is InfoNCE of the projections, T in places of the grid', () => {
    tf.tidy(() => {
      const [a, b] = [map([2, 8, 8, 4], 1), map([2, 8, 8, 4], 2)];
      const { loss, gauges } = createObjective(config).compare(
        { projection: a },
        { projection: b },
        { epoch: 0, step: 5, brightness: new Float32Array(2) },
      );
      const expected = infoNce(a, b, { temperature: 0.1, negatives: 16, halfWindow: 1, seed: 5 });
      expect(loss.dataSync()[0]).toBeCloseTo(expected.dataSync()[0], 6);
      expect(gauges.shape).toEqual([4, 1]);
      const [[information], [dimensions], [cosine]] = gauges.arraySync();
      expect(information).toBeCloseTo(Math.log(16) - expected.dataSync()[0], 5);
      // Independent normal features spread in nearly all of the 4 directions, and two maps have nothing in common.
      expect(dimensions).toBeGreaterThan(3);
      expect(Math.abs(cosine)).toBeLessThan(0.3);
    });
  });

  it('leaves out places that hold a pixel to be ignored', () => {
    tf.tidy(() => {
      const [a, b] = [map([1, 4, 4, 4], 1), map([1, 4, 4, 4], 2)];
      const mask = tf.tensor3d(
        Float32Array.from({ length: 256 }, (_, i) => Number(i !== 0)),
        [1, 16, 16],
      );
      const { loss } = createObjective(config).compare(
        { projection: a },
        { projection: b },
        { epoch: 0, step: 1, brightness: new Float32Array(1), mask },
      );
      const places = tf.tensor3d(
        Float32Array.from({ length: 16 }, (_, i) => Number(i !== 0)),
        [1, 4, 4],
      );
      const expected = infoNce(a, b, { temperature: 0.1, negatives: 16, halfWindow: 1, seed: 1, mask: places });
      expect(loss.dataSync()[0]).toBeCloseTo(expected.dataSync()[0], 6);
    });
  });

  it('learns from images with pixels to be ignored', async () => {
    const valid = new Uint8Array(32 * 32).fill(1, 200);
    const masked: Dataset = { ...dataset, get: async (index) => ({ ...(await dataset.get(index)), valid }) };
    const session = new TrainingSession(config, masked, statistics);
    expect((await session.next()).skipped).toBeUndefined();
    await session.dispose();
  });

  it('learns, and clusters its features at the end as K-means would', async () => {
    const session = new TrainingSession(config, dataset, statistics);
    const losses: number[] = [];
    for (let i = 0; i < 8; i++) losses.push((await session.next()).loss);
    expect(Math.min(...losses.slice(-4))).toBeLessThan(losses[0]);
    expect((await session.checkpoint()).state.fitted).toBe(false);
    const before = tf.memory().numTensors;
    await session.finish(dataset);
    expect(tf.memory().numTensors).toBe(before);
    expect((await session.checkpoint()).state.fitted).toBe(true);
    // The head's scores are those of centroids: more than one cluster is used, and the same network gives the same ids.
    const { image } = await dataset.get(0);
    const model = { network: session.network, head: 'main0', clusters: 3, statistics, working: {} };
    const { clusters } = await segmentImage(model, image, 'unmasked');
    expect(new Set(clusters).size).toBeGreaterThan(1);
    const features = await featureExtractor(session.network, statistics)(image);
    expect(features.shape).toEqual([8, 8, 16]); // beside their context
    await session.dispose();
  });
});
