import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTestEngine } from '@autoregseg/testing';
import { decode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disturb } from '../export/random-network.fixture.js';
import { readClusterEdits } from '../run/cluster-edits.js';
import { writeSmallRun } from '../run/small-run.fixture.js';
import { snapshotSteps, writeSnapshot } from '../run/snapshots.js';
import { networkOf } from '../training/run-network.js';
import { RunViewer } from './run-viewer.js';

let run: string;
let viewer: RunViewer;
beforeAll(async () => {
  await useTestEngine();
  run = mkdtempSync(join(tmpdir(), 'autoregseg-viewer-'));
  const { config, channels } = writeSmallRun(run, { prepare: disturb });
  const early = networkOf(config, channels);
  await writeSnapshot(run, 2, early);
  early.dispose();
  viewer = await RunViewer.open(run, { limit: 2 });
});
afterAll(() => {
  viewer.dispose();
  rmSync(run, { recursive: true });
});

describe('snapshots', () => {
  it('are closer together at the start, and none is of the last step', () => {
    expect(snapshotSteps(300)).toEqual([1, 5, 19, 42, 75, 117, 169, 230]);
    expect(snapshotSteps(2)).toEqual([1]);
    expect(snapshotSteps(1)).toEqual([]);
  });
});

describe('value', () => {
  it('tells steps, images spread over the data set with certainty and accuracy, and clusters', () => {
    const { steps, images, clusters, title } = viewer.describe();
    expect(title).toBe('Clusters of mosaic');
    expect(steps).toEqual([2, 7]);
    expect(images.map(({ index }) => index)).toEqual([0, 1]);
    for (const { certainty, accuracy } of images) {
      expect(certainty).toBeGreaterThan(1 / 3);
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
    }
    expect(clusters.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('shows photographs and masks of any kept step at the same size', async () => {
    expect(await sharp(await viewer.photo(1)).metadata()).toMatchObject({ format: 'webp', width: 40, height: 32 });
    const [early, late] = await Promise.all([viewer.mask(2, 1), viewer.mask(7, 1)]);
    for (const png of [early, late]) expect(decode(png)).toMatchObject({ width: 40, height: 32 });
    expect(early).not.toEqual(late);
  });

  it('shows the teacher of a distilled head at steps before there was one', async () => {
    const [taught, plain] = ['taught', 'plain'].map((name) => join(run, name));
    const { config, channels } = writeSmallRun(taught, { prepare: disturb, distilled: 'main1' });
    writeSmallRun(plain, { prepare: disturb }); // of which main1 segments
    const early = networkOf(config, channels);
    disturb(early);
    await writeSnapshot(taught, 2, early);
    early.dispose();
    const [ofTaught, ofPlain] = [await RunViewer.open(taught, { limit: 1 }), await RunViewer.open(plain, { limit: 1 })];
    const wanted = await ofPlain.mask(7, 0);
    expect(await ofTaught.mask(2, 0)).toEqual(wanted);
    expect(await ofTaught.mask(7, 0)).not.toEqual(wanted);
    for (const opened of [ofTaught, ofPlain]) opened.dispose();
  });

  it('keeps names and merges in the run, and shows them in masks and report', async () => {
    const before = decode(await viewer.mask(7, 0)).data as Uint8Array;
    const from = before[0];
    const to = (from + 1) % 3;
    const edits = { names: { [to]: 'everything' }, merged: { [from]: to } };
    expect(viewer.edit(edits)).toEqual(edits);
    expect(readClusterEdits(run, 3)).toEqual(edits);
    const after = decode(await viewer.mask(7, 0)).data as Uint8Array;
    expect([...after]).toEqual([...before].map((cluster) => (cluster === from ? to : cluster)));
    const report = readFileSync(await viewer.report(), 'utf8');
    expect(report).toContain(`counts as ${to} · everything`);
    viewer.edit({ names: {}, merged: {} });
    expect(readFileSync(await viewer.report(), 'utf8')).not.toContain('everything');
  });
});

describe('error', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['image', () => viewer.photo(2), 'view: there is no image 2'],
    ['step', () => viewer.mask(3, 0), 'view: there is no snapshot of step 3'],
  ])('tells an unknown %s', async (_, look, message) => {
    await expect(look()).rejects.toThrow(message);
  });

  it('refuses edits of other clusters', () => {
    expect(() => viewer.edit({ names: { 3: 'x' }, merged: {} })).toThrow('there are 3 clusters, 0 to 2, got 3');
  });
});
