import type { Batch } from '@autoregseg/data';
import { createNetwork, RASTER_ORDERINGS } from '@autoregseg/orderings';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig, type TrainConfigInput } from './config.js';
import { createObjective } from './create-objective.js';
import { readReport } from './step-report.js';
import { trainingStep, viewMaps } from './step.js';
import { disposeViews, drawViews } from './views.js';

beforeAll(useTestEngine);

const [HEIGHT, WIDTH] = [16, 24];
const SIZE = HEIGHT * WIDTH;
const statistics = { mean: [0, 0, 0], std: [1, 1, 1] };
const batch: Batch = {
  shape: [2, HEIGHT, WIDTH, 3],
  images: Float32Array.from({ length: 2 * SIZE * 3 }, (_, i) => 0.5 + 0.5 * Math.sin(0.37 * i)),
  ids: ['a', 'b'],
  epoch: 0,
};

function configured(changes: Partial<TrainConfigInput> = {}) {
  const network = { stemChannels: 4, outputStride: 4, blocks: 1 } as const;
  const base = { clusters: 3, mainHeads: 2, overclusters: 5, jitter: 0, flip: false, halfWindow: 1, seed: 5, network };
  return resolveConfig('default', {
    comparisonStride: 1,
    ...base,
    ...changes,
    network: { ...network, ...changes.network },
  });
}

function stepOf(config: ReturnType<typeof configured>, epoch = 0, images = batch) {
  const objective = createObjective(config);
  const network = createNetwork({ ...config.network, channels: 3, heads: objective.heads, seed: 1 });
  const views = drawViews(images, 1, RASTER_ORDERINGS, statistics, config);
  const { report, gradients } = trainingStep(network, views, objective, { epoch, step: 1 });
  const { gauges } = readReport(report.dataSync(), objective.mainHeads.length);
  const names = network.variables.map(({ name }) => name);
  const sizes = Object.fromEntries(gradients.map((g, i) => [names[i], tf.tidy(() => tf.max(tf.abs(g)).dataSync()[0])]));
  tf.dispose([...gradients, report]);
  disposeViews(views);
  network.dispose();
  return { gauges, sizes, heads: Object.keys(objective.heads) };
}

describe('shape', () => {
  it('compares both views on the window alone, at its own size', () => {
    const config = configured({ viewCrop: 0.5, flip: true });
    const objective = createObjective(config);
    const network = createNetwork({ ...config.network, channels: 3, heads: objective.heads, seed: 1 });
    const views = drawViews(batch, 3, RASTER_ORDERINGS, statistics, config);
    const { height, width } = views.window!;
    expect([height, width].every((side) => side % 4 === 0)).toBe(true);
    expect(views.images[1].shape).toEqual(views.images[0].shape);
    tf.tidy(() => {
      const [a, b] = viewMaps(network, views, objective);
      expect(a.main0.shape).toEqual([2, height, width, 3]);
      expect(b.main0.shape).toEqual([2, height, width, 3]);
    });
    disposeViews(views);
    network.dispose();
  });
});

describe('value', () => {
  it('brings the enlarged window back to where it came from', () => {
    // Images that hold their own coordinates: what comes back must be those of the window.
    const coordinates = new Float32Array(batch.images.length);
    for (let i = 0; i < coordinates.length; i += 3) {
      const [row, col] = [Math.floor(i / 3 / WIDTH) % HEIGHT, (i / 3) % WIDTH];
      coordinates.set([row, col, 0], i);
    }
    const views = drawViews(
      { ...batch, images: coordinates },
      2,
      RASTER_ORDERINGS,
      statistics,
      configured({ viewCrop: 0.5 }),
    );
    const { top, left, height, width } = views.window!;
    expect(height < HEIGHT || width < WIDTH).toBe(true);
    tf.tidy(() => {
      const back = tf.image.resizeBilinear(views.images[1], [height, width], false, true);
      const expected = tf.slice(views.images[0], [0, top, left, 0], [2, height, width, 3]);
      // All but the outermost positions, where an enlargement repeats the edge.
      const inner = (x: tf.Tensor4D) => tf.slice(x, [0, 1, 1, 0], [2, height - 2, width - 2, 3]);
      expect(tf.max(tf.abs(tf.sub(inner(back), inner(expected)))).dataSync()[0]).toBeLessThan(0.26); // linear between samples; next to a clamped edge a quarter is lost;
    });
    disposeViews(views);
  });

  it('masks neither view where IIC is asked for, and both the same way where the pair is', () => {
    const unmasked = drawViews(batch, 1, RASTER_ORDERINGS, statistics, configured({ pairing: 'unmasked' }));
    expect(unmasked.orderings).toEqual(['unmasked', 'unmasked']);
    const same = drawViews(batch, 1, RASTER_ORDERINGS, statistics, configured({ pairing: 'same' }));
    expect(same.orderings[0]).toBe(same.orderings[1]);
    disposeViews(unmasked);
    disposeViews(same);
  });

  it('trains all heads in every step, or the overclustering head and the main ones by turns', () => {
    const trained = (changes: Partial<TrainConfigInput>, epoch: number) => {
      const { sizes } = stepOf(configured(changes), epoch);
      const size = (head: string) =>
        Math.max(
          ...Object.entries(sizes).flatMap(([name, value]) =>
            name.includes(`${head}_kernel`) || name.includes(`${head}/kernel`) ? [value] : [],
          ),
        );
      return { main: size('main0') > 0, over: size('over') > 0 };
    };
    expect(trained({}, 0)).toEqual({ main: true, over: true });
    expect(trained({ headTraining: 'alternate' }, 0)).toEqual({ main: false, over: true });
    expect(trained({ headTraining: 'alternate' }, 1)).toEqual({ main: true, over: false });
  });

  it('counts the information of main heads within groups of like light, that of overclusters over all images', () => {
    // Black images and white ones: what clusters tell of them is which kind it is.
    const images = Float32Array.from({ length: 3 * batch.images.length }, (_, i) => Math.floor(i / (SIZE * 3)) % 2);
    const plain: Batch = { shape: [6, HEIGHT, WIDTH, 3], images, ids: [...'abcdef'], epoch: 0 };
    const [groups, together] = [2, 1].map((lightGroups) => stepOf(configured({ lightGroups }), 0, plain).gauges);
    // A head is chosen by what it tells of all images.
    groups.information.forEach((nats, head) => expect(nats).toBeCloseTo(together.information[head], 5));
    const mains = together.information.reduce((sum, nats) => sum + nats, 0);
    const over = -together.loss - mains;
    const mainsInGroups = -groups.loss - over;
    expect(mainsInGroups).toBeLessThan(mains / 2);
    expect(mainsInGroups).toBeGreaterThan(-1e-5);
  });

  it('weighs the marginal entropies of each kind of head by its own weight', () => {
    // Unmasked, unaugmented views are equal, so information counts each entropy twice and the joint's once.
    const loss = (changes: Partial<TrainConfigInput>) => stepOf(configured(changes)).gauges.loss;
    const [plain, main, over] = [{}, { entropyWeight: 2 }, { overEntropyWeight: 2 }].map(loss);
    const both = loss({ entropyWeight: 2, overEntropyWeight: 2 });
    // The loss is linear in each weight.
    expect(both - plain).toBeCloseTo(main - plain + (over - plain), 4);
    expect(main).toBeLessThan(plain - 0.1);
    expect(over).toBeLessThan(plain - 0.1);
  });
});
