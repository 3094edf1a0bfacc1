import { openDataset } from '@autoregseg/data';
import { createNetwork } from '@autoregseg/orderings';
import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, expect, it } from 'vitest';
import { disagreementMap } from './disagreement.js';
import { headMaps } from './head-maps.js';

beforeAll(useTestEngine);

it('is the share of pairs of orderings that differ, and nothing where one group holds all clusters', async () => {
  const network = createNetwork({
    channels: 3,
    heads: { main0: 4 },
    stemChannels: 4,
    outputStride: 4,
    blocks: 1,
    seed: 4,
  });
  const { image } = await openDataset({ dataset: 'mosaic', count: 1, size: [32, 32] }).get(0);
  const statistics = { mean: [0.5, 0.5, 0.5], std: [0.1, 0.1, 0.1] };
  const model = { network, head: 'main0', clusters: 4, statistics, working: {} };
  const { shape, data } = await disagreementMap(model, image, [8, 8]);
  expect(shape).toEqual([8, 8, 1]);
  const { orderings } = (await headMaps(model, image)).main0;
  for (let position = 0; position < 64; position++) {
    const choices = Array.from({ length: 8 }, (_, ordering) => {
      const row = orderings.subarray((ordering * 64 + position) * 4, (ordering * 64 + position + 1) * 4);
      return row.indexOf(Math.max(...row));
    });
    let differing = 0;
    for (const a of choices) for (const b of choices) differing += a === b ? 0 : 1;
    expect(data[position]).toBeCloseTo(differing / 56, 6);
  }
  const merged = { ...model, clusters: 1, groups: Int32Array.of(0, 0, 0, 0) };
  expect((await disagreementMap(merged, image, [8, 8])).data.every((value) => value === 0)).toBe(true);
  network.dispose();
});
