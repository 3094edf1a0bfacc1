import {
  clusteringLoss,
  effectiveClusters,
  fleissKappa,
  infoNce,
  mutualInformation,
  observedAgreement,
} from '@autoregseg/losses';
import { createNetwork } from '@autoregseg/orderings';
import { irregularTensor, useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusteringObjective } from './clustering-objective.js';
import { resolveConfig, type TrainConfigInput } from './config.js';

beforeAll(useTestEngine);

const objective = (changes: Partial<TrainConfigInput> = {}) =>
  clusteringObjective(
    resolveConfig('default', {
      clusters: 3,
      mainHeads: 1,
      overclusters: 0,
      halfWindow: 4,
      lightGroups: 1,
      projection: 5,
      negatives: 20,
      ...changes,
    }),
  );

const context = { epoch: 0, step: 7, brightness: new Float32Array(2) };

/** Maps of one view on `side` x `side` places. */
const view = (phase: number, side: number) => ({
  main0: tf.softmax(irregularTensor<tf.Rank.R4>([2, side, side, 3], phase)),
  projection: irregularTensor<tf.Rank.R4>([2, side, side, 5], phase + 1),
});

describe('value', () => {
  it('is minus the information of clusters plus the weight times InfoNCE of features at the same place', () => {
    tf.tidy(() => {
      const [a, b] = [view(1, 6), view(2, 6)];
      const { loss } = objective({ contrastWeight: 0.7 }).compare(a, b, context);
      const clusters = clusteringLoss(a.main0, b.main0, { halfWindow: 1 });
      const features = infoNce(a.projection, b.projection, { temperature: 0.1, negatives: 20, seed: 7 });
      expect(loss.dataSync()[0]).toBeCloseTo(clusters.dataSync()[0] + 0.7 * features.dataSync()[0], 5);
    });
  });

  it('contrasts on the grid of the network what clusters compare at every pixel', () => {
    tf.tidy(() => {
      const [a, b] = [view(1, 8), view(2, 8)];
      const { loss } = objective({ comparisonStride: 1 }).compare(a, b, context);
      const clusters = clusteringLoss(a.main0, b.main0, { halfWindow: 4 });
      const onGrid = (map: tf.Tensor4D) => tf.avgPool(map, 4, 4, 'valid');
      const options = { temperature: 0.1, negatives: 20, seed: 7 };
      const features = infoNce(onGrid(a.projection), onGrid(b.projection), options);
      expect(loss.dataSync()[0]).toBeCloseTo(clusters.dataSync()[0] + features.dataSync()[0], 5);
    });
  });

  it('leaves out of the contrast the places that hold a pixel to be ignored', () => {
    tf.tidy(() => {
      const [a, b] = [view(1, 4), view(2, 4)];
      const pixels = tf.tensor3d(
        Float32Array.from({ length: 512 }, (_, i) => Number(i !== 3)),
        [2, 16, 16],
      );
      const places = tf.tensor3d(
        Float32Array.from({ length: 32 }, (_, i) => Number(i !== 0)),
        [2, 4, 4],
      );
      const compared = (contrastWeight: number) =>
        objective({ contrastWeight })
          .compare(a, b, { ...context, mask: pixels })
          .loss.dataSync()[0];
      const options = { temperature: 0.1, negatives: 20, seed: 7, mask: places };
      const features = infoNce(a.projection, b.projection, options);
      expect(compared(1) - compared(0)).toBeCloseTo(features.dataSync()[0], 5);
    });
  });

  it('is the sum over heads within groups of light, with gauges of all images, as each head by itself gives them', () => {
    tf.tidy(() => {
      const maps = (phase: number) =>
        Object.fromEntries(
          [0, 1, 2].map((head) => [
            `main${head}`,
            tf.softmax(irregularTensor<tf.Rank.R4>([6, 4, 4, 3], phase + head / 7)),
          ]),
        );
      const [a, b] = [maps(1), maps(2)];
      const hidden = new Set([3, 200, 900]);
      const pixels = tf.tensor3d(
        Float32Array.from({ length: 6 * 256 }, (_, i) => Number(!hidden.has(i))),
        [6, 16, 16],
      );
      const mask = tf.maxPool(tf.sub(1, tf.expandDims(pixels, 3)) as tf.Tensor4D, 4, 4, 'valid');
      const places = { mask: tf.reshape<tf.Rank.R3>(tf.sub(1, mask), [6, 4, 4]) };
      const brightness = Float32Array.of(0, 5, 1, 4, 2, 3);
      const groups = tf.tensor2d([1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1], [2, 6]); // the three darkest, the others
      const choices = { mainHeads: 3, lightGroups: 2, entropyWeight: 1.2, contrastWeight: 0 };
      const found = objective(choices).compare(a, b, { ...context, brightness, mask: pixels });
      const options = { ...places, halfWindow: 1, entropyWeight: 1.2 };
      const expected = Object.keys(a).map((head) => {
        const [x, y] = [a[head], b[head]];
        return {
          within: mutualInformation(x, y, { ...options, groups }).dataSync()[0],
          gauges: [
            mutualInformation(x, y, options),
            effectiveClusters(x, places),
            observedAgreement(x, y, places),
            fleissKappa(x, y, places),
          ].map((gauge) => gauge.dataSync()[0]),
        };
      });
      expect(found.loss.dataSync()[0]).toBeCloseTo(-expected.reduce((sum, { within }) => sum + within, 0), 5);
      found.gauges
        .arraySync()
        .forEach((row, gauge) =>
          row.forEach((value, head) => expect(value).toBeCloseTo(expected[head].gauges[gauge], 5)),
        );
    });
  });

  it('has a head of features only where they are contrasted', () => {
    expect(objective({ distil: false }).heads).toEqual({ main0: 3, projection: 5 });
    expect(objective({ distil: false, contrastWeight: 0 }).heads).toEqual({ main0: 3 });
  });

  it('has a head to be taught where that is asked for, which no loss reaches', () => {
    const { heads, maps } = objective({ contrastWeight: 0 });
    expect(heads).toEqual({ main0: 3, distilled: 3 });
    const network = createNetwork({ channels: 2, stemChannels: 2, blocks: 1, heads, seed: 0 });
    tf.tidy(() => {
      const features = network.encode(network.stem(tf.zeros([1, 16, 16, 2])), 'unmasked');
      expect(Object.keys(maps(network, features, [4, 4]))).toEqual(['main0']);
    });
    network.dispose();
  });
});
