import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disturb } from '../export/random-network.fixture.js';
import { UserError } from '../errors.js';
import { writeClusterEdits } from './cluster-edits.js';
import { evaluateRun } from './evaluate-run.js';
import { writeRunFile } from './run-folder.js';
import { writeSmallRun } from './small-run.fixture.js';

const run = mkdtempSync(join(tmpdir(), 'evaluate-run-'));
const dataset = openDataset({ dataset: 'mosaic', count: 3, size: [32, 40] });

beforeAll(async () => {
  await useTestEngine();
  writeSmallRun(run, { prepare: disturb });
});
afterAll(() => rmSync(run, { recursive: true, force: true }));

describe('value', () => {
  it('scores probabilities that were smoothed along the image, and says so', async () => {
    const choices = { view: 'unmasked', match: 'one-to-one' } as const;
    const plain = await evaluateRun(run, dataset, choices);
    const refined = await evaluateRun(run, dataset, { ...choices, refine: 8 });
    expect(plain.protocol).not.toHaveProperty('refinement');
    expect(refined.protocol.refinement).toBe('guided filter, radius 8 pixels');
    expect(refined.confusion).not.toEqual(plain.confusion);
    expect(refined.pixels).toBe(plain.pixels);
  });

  it('takes a cluster for the class that it is named like, with the clusters that count as it', async () => {
    const [first, second] = dataset.classes;
    writeClusterEdits(run, { names: { 0: second, 2: first }, merged: { 1: 2 } }, 3);
    const { matching, pixelAccuracy, confusion, pixels, protocol } = await evaluateRun(run, dataset, {
      view: 'unmasked',
      match: 'names',
    });
    expect(matching).toEqual([1, 0, 0]);
    expect(pixelAccuracy).toBeCloseTo((confusion[0][1] + confusion[1][0] + confusion[2][0]) / pixels);
    expect([protocol.matching, protocol.matchedOn]).toEqual(['none', 'the names of its clusters']);
  });
});

describe('error', () => {
  it('refines no run on feature maps', async () => {
    const onMaps = join(run, 'on-maps');
    const config = writeSmallRun(onMaps);
    writeRunFile(onMaps, 'config.json', { ...config, features: { kind: 'files', folder: onMaps } });
    const choices = { view: 'unmasked', match: 'one-to-one', refine: 8 } as const;
    await expect(evaluateRun(onMaps, dataset, choices)).rejects.toThrow(
      new UserError('--refine follows the edges of images; this run sees feature maps.'),
    );
  });

  it('says what to name where no cluster has a name of a class', async () => {
    writeClusterEdits(run, { names: { 0: 'moon' }, merged: {} }, 3);
    await expect(evaluateRun(run, dataset, { view: 'unmasked', match: 'names' })).rejects.toThrow(
      `evaluate: no cluster is named like one of the classes ${dataset.classes.join(', ')}. ` +
        'Name them by `autoregseg tree RUN --clicks FILE` or in `autoregseg view`.',
    );
  });
});
