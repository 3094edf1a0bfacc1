import { openDataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { gridProbabilities, type InferenceView, type SegmenterModel } from '../inference/segmenter.js';
import { resolveConfig, type TrainConfig } from './config.js';
import { distil } from './distilled-head.js';
import { normalise } from './input.js';
import { networkOf } from './run-network.js';
import { setHead } from './set-head.js';

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

/** The model with its distilled head, taught by what it segments with. */
async function taughtOf(model: SegmenterModel, pairing: TrainConfig['pairing'] = 'distinct'): Promise<SegmenterModel> {
  await setHead(model.network, 'distilled', await distil(model, dataset, { pairing, seed: 0 }));
  return { ...model, head: 'distilled', groups: undefined };
}

describe('value', () => {
  it('learns what the eight orderings of the teacher agree on, refined, for the pass without a mask', async () => {
    const model = modelOf();
    const wanted = await idsOf({ ...model, refine: 16 }, 'average');
    const taught = await idsOf(await taughtOf(model), 'unmasked');
    const own = await idsOf(model, 'unmasked');
    expect(agreement(taught, wanted)).toBeGreaterThan(agreement(own, wanted) + 0.1);
    expect(agreement(taught, wanted)).toBeGreaterThan(0.8);
    model.network.dispose();
  });

  it('learns what the teacher makes of the pass without a mask, where it was trained on that', async () => {
    const model = modelOf();
    const wanted = await idsOf({ ...model, refine: 16 }, 'unmasked');
    const taught = await idsOf(await taughtOf(model, 'unmasked'), 'unmasked');
    expect(agreement(taught, wanted)).toBeGreaterThan(0.8);
    model.network.dispose();
  });

  it('changes no weights, and once set its own alone; it is the same whenever it is done', async () => {
    const [a, b] = [modelOf(), modelOf()];
    const before = a.network.save().weights;
    await distil(a, dataset, { pairing: 'distinct', seed: 0 });
    expect(a.network.save().weights).toEqual(before);
    for (const model of [a, b]) await taughtOf(model);
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
    const { numTensors } = tf.memory();
    await taughtOf(model);
    expect(tf.memory().numTensors).toBe(numTensors);
    model.network.dispose();
  });
});
