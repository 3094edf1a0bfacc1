import { openDataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { gridProbabilities, type InferenceView, type SegmenterModel } from '../inference/segmenter.js';
import { resolveConfig } from './config.js';
import { distilHead } from './distilled-head.js';
import { normalise } from './input.js';
import { networkOf } from './run-network.js';

beforeAll(useTestEngine);

const dataset = openDataset({ dataset: 'mosaic', count: 4, size: [48, 48] });
const config = resolveConfig('default', {
  clusters: 3,
  overclusters: 6,
  mainHeads: 1,
  network: { stemChannels: 4, blocks: 1 },
});

function modelOf(): SegmenterModel {
  const network = networkOf(config, dataset.channels);
  const statistics = { mean: [0.5, 0.5, 0.5], std: [0.1, 0.1, 0.1] };
  return { network, statistics, working: {}, head: 'over', clusters: 3, groups: Int32Array.of(0, 1, 2, 0, 1, 2) };
}

/** The cluster of each position of all images. */
async function idsOf(model: SegmenterModel, view: InferenceView): Promise<number[]> {
  const ids: number[] = [];
  for await (const { image } of dataset) {
    const map = tf.tidy(() => tf.argMax(gridProbabilities(model, normalise([image], model.statistics), view), 3));
    ids.push(...map.dataSync());
    map.dispose();
  }
  return ids;
}

const agreement = (a: readonly number[], b: readonly number[]) => a.filter((id, i) => id === b[i]).length / a.length;

describe('value', () => {
  it('learns what the eight orderings of the teacher agree on, refined, for the pass without a mask', async () => {
    const model = modelOf();
    const teacher = { ...model, refine: 16 };
    const wanted = await idsOf(teacher, 'average');
    await distilHead(teacher, dataset, { seed: 0 });
    const taught = await idsOf({ ...model, head: 'distilled', groups: undefined }, 'unmasked');
    const own = await idsOf(model, 'unmasked');
    expect(agreement(taught, wanted)).toBeGreaterThan(agreement(own, wanted) + 0.1);
    expect(agreement(taught, wanted)).toBeGreaterThan(0.8);
    model.network.dispose();
  });

  it('learns what the teacher makes of the pass without a mask, where it was trained on that', async () => {
    const model = modelOf();
    const teacher = { ...model, refine: 16 };
    const wanted = await idsOf(teacher, 'unmasked');
    await distilHead(teacher, dataset, { view: 'unmasked', seed: 0 });
    const taught = await idsOf({ ...model, head: 'distilled', groups: undefined }, 'unmasked');
    expect(agreement(taught, wanted)).toBeGreaterThan(0.8);
    model.network.dispose();
  });

  it('changes no other weights, and is the same whenever it is done', async () => {
    const [a, b] = [modelOf(), modelOf()];
    const before = a.network.save().weights;
    await distilHead(a, dataset, { seed: 0 });
    await distilHead(b, dataset, { seed: 0 });
    const after = a.network.save().weights;
    const changed = Object.keys(after).filter((name) =>
      after[name].data.some((value, i) => value !== before[name].data[i]),
    );
    expect(changed).toEqual(['decoder/distilled_kernel', 'decoder/distilled_bias']);
    expect(b.network.save().weights).toEqual(after);
    a.network.dispose();
    b.network.dispose();
  });

  it('leaves no tensors behind', async () => {
    const model = modelOf();
    await distilHead(model, dataset, { seed: 0 });
    const { numTensors } = tf.memory();
    await distilHead(model, dataset, { seed: 1 });
    expect(tf.memory().numTensors).toBe(numTensors);
    model.network.dispose();
  });
});
