/** Every file of a run, fed to its reader in hostile shapes: @autoregseg/testing/hostile-input says what survival is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useTestEngine } from '@autoregseg/testing';
import { asFile, expectSurvivesHostileInput, HOSTILE_TIMEOUT_MS } from '@autoregseg/testing/hostile-input';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { UserError } from '../errors.js';
import { resolveConfig } from '../training/config.js';
import { digest, readNewestCheckpoint, writeCheckpoint } from './checkpoint.js';
import { readTree } from '../inference/tree-cut.js';
import { loadRun } from '../inference/model.js';
import { importRun } from '../export/import-run.js';
import { exportRun } from '../export/export-run.js';
import { readFeatureFile } from '../features/feature-files.js';
import { readPart } from '../raster/part.js';
import { readStudy } from '../study/study-file.js';
import { readClusterEdits } from './cluster-edits.js';
import { readMetrics } from './metrics.js';
import { writeSmallRun } from './small-run.fixture.js';
import { readRunConfig } from './run-config.js';
import { readRunFile, writeRunFile } from './run-folder.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const run = mkdtempSync(join(tmpdir(), 'autoregseg-hostile-run-'));
const checkpoint = join(run, 'checkpoints', 'step-00000003.safetensors');
afterAll(() => rmSync(run, { recursive: true }));

const isRangeError = (error: unknown) => error instanceof RangeError && error.message.startsWith('decodeSafetensors: ');
const isUserError = (error: unknown) => error instanceof UserError;

const weights = {
  'network.stem/kernel': { shape: [3, 3, 1, 2], data: Float32Array.from({ length: 18 }, (_, at) => Math.sin(at)) },
  'optimizer.first.0': { shape: [2], data: Float32Array.of(0.5, -0.5) },
};

beforeAll(async () => {
  await useTestEngine();
  const state = {
    optimizerStep: 3,
    batches: { seed: 0, epoch: 0, position: 4, size: 9 },
    information: [0.1, 0.2],
    seconds: 1,
  };
  writeCheckpoint(run, { step: 3, tensors: weights, state });
  writeRunFile(run, 'config.json', {
    config: resolveConfig('default', { clusters: 3 }),
    dataset: { dataset: 'folder', images: 'photos' },
    statistics: { mean: [0.5, 0.5, 0.5], std: [0.1, 0.2, 0.3] },
    channels: 3,
    working: { longSide: 240 },
  });
});

describe('hostile input', () => {
  it('is survived by the reader of safetensors', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = {
      weights: encodeSafetensors({ tensors: weights, metadata: { step: '3' } }),
      empty: encodeSafetensors({ tensors: {}, metadata: {} }),
    };
    await expectSurvivesHostileInput({ name: 'safetensors', files, read: decodeSafetensors, isRefusal: isRangeError });
  });

  it('is survived by the reader of checkpoints', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = { checkpoint: readFileSync(checkpoint) };
    const read = asFile(checkpoint, () => readNewestCheckpoint(run));
    await expectSurvivesHostileInput({ name: 'checkpoint', files, read, isRefusal: isUserError });
  });

  it("is survived by the reader of a run's configuration", { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const file = join(run, 'config.json');
    const files = { config: readFileSync(file) };
    const read = asFile(file, () => readRunConfig(run));
    await expectSurvivesHostileInput({ name: 'run-config', files, read, isRefusal: isUserError });
  });

  it("is survived by the reader of a run's manifest", { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const files = { manifest: Buffer.from('{"version": 1, "status": "running", "step": 3, "warnings": []}') };
    const read = asFile(join(run, 'manifest.json'), () => readRunFile(run, 'manifest.json'));
    await expectSurvivesHostileInput({ name: 'run-manifest', files, read, isRefusal: isUserError });
  });

  it(
    'is survived by the reader of metrics, which leaves out what is no row',
    { timeout: HOSTILE_TIMEOUT_MS },
    async () => {
      const file = join(run, 'metrics.jsonl');
      const files = { metrics: Buffer.from('{"step":1,"loss":-0.5}\n{"step":2,"loss":null}\n') };
      await expectSurvivesHostileInput({
        name: 'metrics',
        files,
        read: asFile(file, () => readMetrics(file)),
        isRefusal: () => false,
      });
    },
  );

  it(
    'is survived by whoever loads a run, whose checkpoint may have a right hash',
    { timeout: HOSTILE_TIMEOUT_MS },
    async () => {
      const path = join(run, 'small');
      writeSmallRun(path);
      const file = join(path, 'checkpoints', 'step-00000007.safetensors');
      const files = { checkpoint: readFileSync(file) };
      const read = asFile(file, () => loadRun(path).model.network.dispose());
      await expectSurvivesHostileInput({ name: 'run', files, read, isRefusal: isUserError, repair: rehashed });
    },
  );

  it('is survived by the import of safetensors', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const path = join(run, 'exported');
    writeSmallRun(path);
    const file = exportRun(path, { format: 'safetensors', out: join(run, 'model') }).model;
    const files = { model: readFileSync(file) };
    const read = asFile(file, () => importRun(file, { out: join(run, 'back'), force: true }));
    await expectSurvivesHostileInput({ name: 'import', files, read, isRefusal: isUserError });
  });

  it('is survived by the reader of .npy and .safetensors features', { timeout: HOSTILE_TIMEOUT_MS }, async () => {
    const data = Float32Array.from({ length: 24 }, (_, at) => at);
    const files = {
      float32: numpyFile('<f4', '(2, 3, 4)', data),
      float16: numpyFile('<f2', '(1, 2, 3, 4)', Uint16Array.from(data)),
    };
    await expectSurvivesHostileInput({
      name: 'npy',
      files,
      read: asFile(join(run, 'maps', 'a.npy'), () => readFeatureFile(join(run, 'maps'), 'a')),
      isRefusal: isUserError,
    });
    await expectSurvivesHostileInput({
      name: 'safetensors-features',
      files: { map: encodeSafetensors({ tensors: { map: { shape: [2, 3, 4], data } }, metadata: {} }) },
      read: asFile(join(run, 'tensors', 'a.safetensors'), () => readFeatureFile(join(run, 'tensors'), 'a')),
      isRefusal: isUserError,
    });
  });

  describe('is survived by the readers of names, trees, studies and journals', () => {
    const text = (value: unknown) => Buffer.from(JSON.stringify(value));
    const tree = {
      leaves: 3,
      information: 0.5,
      merges: [
        { parts: [0, 1], information: 0.2 },
        { parts: [2, 3], information: 0 },
      ],
    };
    const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
    const taught = { kernel: floats(0.5, -1, 2), bias: floats(0, 1, -0.25) };
    const mosaic = { train: { dataset: 'mosaic' }, test: { dataset: 'mosaic', split: 'test' }, clusters: 3 };
    const journal = [
      { clusters: 3 },
      {
        block: 0,
        pixels: [4, 5, 6],
        tiles: [
          [0, 12],
          [1, 9],
        ],
      },
    ];
    const readers = {
      names: {
        name: 'clusters.json',
        content: text({ names: { 0: 'sky', 2: 'a' }, merged: { 1: 0 } }),
        read: () => readClusterEdits(run, 3),
      },
      tree: {
        name: 'tree.json',
        content: text({ step: 3, tree, taught, clusters: 2, names: {}, uncut: { names: {}, merged: {} } }),
        read: () => readTree(run),
      },
      study: {
        name: 'study.json',
        content: text({ recipes: { a: {} }, datasets: { m: mosaic }, seeds: [0, 1], checkpoints: 3 }),
        read: () => readStudy(join(run, 'study.json')),
      },
      'raster-journal': {
        name: 'part.jsonl',
        content: Buffer.from(journal.map((line) => `${JSON.stringify(line)}\n`).join('')),
        read: () => readPart(join(run, 'part')),
      },
    };
    beforeAll(() => writeFileSync(join(run, 'part.tiles'), new Uint8Array(21)));

    // A test each: the time that one may take is meant for one reader.
    for (const [name, { name: file, content, read }] of Object.entries(readers)) {
      it(`as ${name}`, { timeout: HOSTILE_TIMEOUT_MS }, async () => {
        await expectSurvivesHostileInput({
          name,
          files: { content },
          read: asFile<unknown>(join(run, file), read),
          isRefusal: isUserError,
        });
      });
    }
  });
});

/** What numpy.save writes, version 1.0. */
function numpyFile(type: string, shape: string, data: Float32Array | Uint16Array): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + '\n';
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), new Uint8Array(data.buffer)]);
}

/** The checkpoint with the hash that its content has now; as it is where it has none. */
function rehashed(bytes: Uint8Array): Uint8Array {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { sha256: _, ...said } = metadata;
    return encodeSafetensors({ tensors, metadata: { ...said, sha256: digest(said, tensors) } });
  } catch {
    return bytes;
  }
}
