import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@autoregseg/data';
import { useTestEngine } from '@autoregseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutRun } from '../inference/cut-run.js';
import { loadRun } from '../inference/model.js';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { readClusterEdits, writeClusterEdits } from '../run/cluster-edits.js';
import { readRunFile } from '../run/run-folder.js';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from '../run/safetensors.js';
import { SMALL_RUN_STATISTICS, writeSmallRun } from '../run/small-run.fixture.js';
import { TrainingSession } from '../training/session.js';
import type { SessionState } from '../training/session-state.js';
import { exportRun } from './export-run.js';
import { importRun } from './import-run.js';
import { disturb } from './random-network.fixture.js';

let folder: string;
let run: string;
let file: string;
beforeAll(async () => {
  await useTestEngine();
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-import-'));
  run = join(folder, 'run');
  writeSmallRun(run, { prepare: disturb });
  writeClusterEdits(run, { names: { 0: 'sky' }, merged: { 2: 1 } }, 3);
  file = exportRun(run, { format: 'safetensors', out: join(folder, 'model') }).model;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('value', () => {
  it('is the run that was exported, to the bit', () => {
    const back = join(folder, 'back');
    expect(importRun(file, { out: back })).toEqual({ clusters: 3, bands: 3, step: 7 });
    const [before, after] = [run, back].map((path) => loadRun(path));
    const { network: _, ...about } = before.model;
    expect(after.model).toMatchObject(about);
    expect(after.run).toEqual(before.run);
    expect(after.model.network.save()).toEqual(before.model.network.save());
    expect(readClusterEdits(back, 3)).toEqual(readClusterEdits(run, 3));
    expect(readRunFile(back, 'manifest.json')).toEqual(readRunFile(run, 'manifest.json'));
    for (const { model } of [before, after]) model.network.dispose();
  });

  it.each(['merged by training', 'cut from its tree'])('segments with the same overclusters: %s', async (how) => {
    const [path, out, back] = ['merged', 'merged-model', 'merged-back'].map((name) => join(folder, `${name} ${how}`));
    if (how === 'merged by training')
      writeSmallRun(path, { prepare: disturb, merged: { clusters: 2, of: [1, 0, 1, 1] } });
    else {
      writeSmallRun(path, { prepare: disturb });
      await cutRun(path, 2);
    }
    writeClusterEdits(path, { names: { 1: 'sky' }, merged: {} }, 2);
    expect(importRun(exportRun(path, { format: 'safetensors', out }).model, { out: back }).clusters).toBe(2);
    const [before, after] = [path, back].map((from) => loadRun(from).model);
    expect([after.head, after.clusters, after.groups]).toEqual(['over', 2, before.groups]);
    expect(after.network.save()).toEqual(before.network.save());
    expect(readClusterEdits(back, 2).names).toEqual({ 1: 'sky' });
    for (const { network } of [before, after]) network.dispose();
  });

  it('segments with the same distilled head', () => {
    const [path, out, back] = ['distilled', 'distilled-model', 'distilled-back'].map((name) => join(folder, name));
    writeSmallRun(path, { prepare: disturb, distilled: 'main1' });
    importRun(exportRun(path, { format: 'safetensors', out }).model, { out: back });
    const { model, teacher } = loadRun(back);
    expect([model.head, model.clusters, model.groups]).toEqual(['distilled', 3, undefined]);
    expect(teacher).toEqual({ head: 'main1', clusters: 3 });
    model.network.dispose();
  });

  it('can be trained on', async () => {
    const back = join(folder, 'onward');
    importRun(file, { out: back });
    const { model, run: imported } = loadRun(back);
    model.network.dispose();
    const config = { ...imported.config, crop: [24, 24] as [number, number], batchSize: 2, steps: 9, halfWindow: 1 };
    const dataset = openDataset({ dataset: 'mosaic', count: 2, size: [32, 32] });
    const checkpoint = readNewestCheckpoint<SessionState>(back);
    const session = new TrainingSession(config, dataset, SMALL_RUN_STATISTICS, { from: checkpoint });
    expect(Number.isFinite((await session.next()).loss)).toBe(true);
    expect(session.step).toBe(8);
    await session.dispose();
  });

  it('frees what it made', () => {
    const before = tf.memory().numTensors;
    importRun(file, { out: join(folder, 'freed') });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('error', () => {
  const changed = (change: (content: SafetensorsFile) => SafetensorsFile) => {
    const path = join(folder, 'changed.safetensors');
    writeFileSync(path, encodeSafetensors(change(decodeSafetensors(readFileSync(file)))));
    return () => importRun(path, { out: join(folder, 'never') });
  };
  const without = (name: string, tensors: SafetensorsFile['tensors']) =>
    Object.fromEntries(Object.entries(tensors).filter(([key]) => key !== name));
  const withJson = (key: string, change: (value: never) => unknown) =>
    changed(({ tensors, metadata }) => ({
      tensors,
      metadata: { ...metadata, [key]: JSON.stringify(change(JSON.parse(metadata[key]) as never)) },
    }));

  it('refuses what is no safetensors file', () => {
    const path = join(folder, 'text.safetensors');
    writeFileSync(path, 'hello, here is no model');
    expect(() => importRun(path, { out: join(folder, 'never') })).toThrow(
      /text\.safetensors cannot be read as safetensors: .*header/,
    );
  });

  it('refuses a distilled head that its configuration does not have', () => {
    const file = changed(({ tensors, metadata }) => {
      const run = JSON.parse(metadata.run) as { readonly config: object };
      const state = JSON.parse(metadata.state) as object;
      return {
        tensors,
        metadata: {
          ...metadata,
          run: JSON.stringify({ ...run, config: { ...run.config, distil: false } }),
          state: JSON.stringify({ ...state, distilled: 'main0' }),
        },
      };
    });
    expect(file).toThrow('it segments with a distilled head, which its configuration does not have');
  });

  it.each([
    [{ information: [0.1, 0.2, 0.3] }, 'it is of 3 main heads, its configuration has 2'],
    [{ kappa: [0.1] }, 'it is of 1 main heads, its configuration has 2'],
    [{ merged: { clusters: 2, of: [1, 0] } }, 'it merges 2 overclusters, its configuration has 4'],
  ])('refuses a state that its configuration cannot have: %o', (other, text) => {
    expect(withJson('state', (state: object) => ({ ...state, ...other }))).toThrow(text);
  });

  it('refuses a file of another origin, and says how to make one', () => {
    expect(changed(({ tensors }) => ({ tensors, metadata: { format: 'pt' } }))).toThrow(
      /its metadata must say format 'autoregseg\/1', got 'pt'\. Make it by `autoregseg export --format safetensors`/,
    );
  });

  it('refuses weights that do not fit the network', () => {
    expect(
      changed(({ tensors, metadata }) => ({ tensors: without('block_1/masked_bias', tensors), metadata })),
    ).toThrow(
      /changed\.safetensors: the weights are not of this configuration: load: weight 'block_1\/masked_bias' \[8\] is missing/,
    );
  });

  it('refuses a configuration of another network', () => {
    expect(withJson('network', (network: object) => ({ ...network, outputStride: 2 }))).toThrow(
      /load: this network is not the saved one: outputStride is 4 here and 2 there/,
    );
  });

  it('refuses statistics of other bands', () => {
    expect(withJson('run', (value: object) => ({ ...value, statistics: { mean: [0], std: [1] } }))).toThrow(
      /statistics of 3 bands are needed, got 1 means and 1 deviations/,
    );
  });

  it('names the metadata at fault', () => {
    expect(withJson('state', () => ({ step: -1, information: [0, 0] }))).toThrow(/its metadata has faults\n.*step/s);
  });
});
