import { createNetwork } from '@autoregseg/orderings';
import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { headMaps, meanOverOrderings } from './head-maps.js';

beforeAll(useTestEngine);

describe('shape', () => {
  it('has maps of the heads of clusters, and none of the features that were contrasted', async () => {
    const heads = { main0: 3, over: 4, projection: 5 };
    const network = createNetwork({ channels: 1, stemChannels: 2, outputStride: 4, blocks: 1, heads, seed: 0 });
    const image = { shape: [16, 12, 1], data: Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)) } as const;
    const maps = await headMaps({ network, statistics: { mean: [0], std: [1] }, working: {} }, image);
    network.dispose();
    expect(Object.keys(maps)).toEqual(['main0', 'over']);
    const { height, width, clusters, unmasked, orderings } = maps['over'];
    expect([height, width, clusters]).toEqual([4, 3, 4]);
    expect([unmasked.length, orderings.length]).toEqual([48, 8 * 48]);
    for (const probs of [unmasked, meanOverOrderings(maps['over'])]) {
      expect(probs.subarray(0, 4).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    }
  });
});
