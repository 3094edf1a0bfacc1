import { describe, expect, it } from 'vitest';
import { PRESETS, resolveConfig } from './config.js';

describe('value', () => {
  it('takes the preset where nothing else is said', () => {
    const config = resolveConfig('paper', { clusters: 4 });
    expect(config).toMatchObject({ halfWindow: 10, overclusters: 0, mainHeads: 1, network: { normalization: 'none' } });
  });

  it('lets the caller win over the preset, one field at a time', () => {
    const config = resolveConfig('paper', { clusters: 4, halfWindow: 1, network: { outputStride: 4 } });
    expect(config.halfWindow).toBe(1);
    expect(config.network).toMatchObject({ outputStride: 4, stemChannels: 64 });
  });

  it('does not take an undefined option for a choice', () => {
    expect(resolveConfig('paper', { clusters: 4, halfWindow: undefined }).halfWindow).toBe(10);
  });

  it('trains longer, sees further and asks for clusters of more equal size where it is to be thorough', () => {
    const [quick, thorough] = (['quick', 'thorough'] as const).map((name) => resolveConfig(name, { clusters: 4 }));
    const changes = { lightGroups: 1, contrastWeight: 0, entropyWeight: 1.3, overEntropyWeight: 1.3, steps: 1200 };
    expect(thorough).toEqual({
      ...quick,
      ...changes,
      distil: false,
      network: { ...quick.network, contextSize: 0, dilations: [1, 4] },
    });
  });

  it('takes more steps than a quick training, and then may merge overclusters', () => {
    const [quick, usual] = (['quick', 'default'] as const).map((name) => resolveConfig(name, { clusters: 4 }));
    expect(usual).toEqual({ ...quick, steps: 1100, mergeOverclusters: true });
  });

  it.each([
    [2, 24],
    [4, 24],
    [6, 36],
    [255, 255],
  ])('has six overclusters for each of %i clusters by default, 24 at least: %i', (clusters, overclusters) => {
    expect(resolveConfig('default', { clusters }).overclusters).toBe(overclusters);
    expect(resolveConfig('default', { clusters, overclusters: 7 }).overclusters).toBe(7);
    expect(resolveConfig('quick', { clusters }).overclusters).toBe(24);
  });

  it.each(Object.keys(PRESETS) as (keyof typeof PRESETS)[])('has a whole configuration for preset %s', (preset) => {
    expect(resolveConfig(preset, { clusters: 2 }).clusters).toBe(2);
  });
});

describe('error', () => {
  it('names every fault at once', () => {
    const faulty = () => resolveConfig('default', { clusters: 1, steps: 0, learningRate: -1 });
    expect(faulty).toThrow(/the configuration has faults[\s\S]*clusters[\s\S]*learningRate[\s\S]*steps/);
  });
});
