import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeClusterEdits } from './cluster-edits.js';
import { evaluateRun } from './evaluate-run.js';
import { writeSmallRun } from './small-run.fixture.js';

const run = mkdtempSync(join(tmpdir(), 'evaluate-run-'));
const dataset = openDataset({ dataset: 'mosaic', count: 3, size: [32, 40] });

beforeAll(async () => {
  await useTestEngine();
  writeSmallRun(run);
});
afterAll(() => rmSync(run, { recursive: true, force: true }));

describe('value', () => {
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
  it('says what to name where no cluster has a name of a class', async () => {
    writeClusterEdits(run, { names: { 0: 'moon' }, merged: {} }, 3);
    await expect(evaluateRun(run, dataset, { view: 'unmasked', match: 'names' })).rejects.toThrow(
      `evaluate: no cluster is named like one of the classes ${dataset.classes.join(', ')}. ` +
        'Name them by `autoregseg tree RUN --clicks FILE` or in `autoregseg view`.',
    );
  });
});
