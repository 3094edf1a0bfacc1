/** Every file of a run, fed to its reader in hostile shapes: @autoregseg/testing/hostile-input says what survival is. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expectSurvivesHostileInput, HOSTILE_TIMEOUT_MS } from '@autoregseg/testing/hostile-input';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { UserError } from '../errors.js';
import { resolveConfig } from '../training/config.js';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint.js';
import { readMetrics } from './metrics.js';
import { readRunConfig } from './run-config.js';
import { readRunFile, writeRunFile } from './run-folder.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const run = mkdtempSync(join(tmpdir(), 'autoregseg-hostile-run-'));
const checkpoint = join(run, 'checkpoints', 'step-00000003.safetensors');
afterAll(() => rmSync(run, { recursive: true }));

const isRangeError = (error: unknown) => error instanceof RangeError && error.message.startsWith('decodeSafetensors: ');
const isUserError = (error: unknown) => error instanceof UserError;

/** Reads bytes as this file of the run. */
function asFile(file: string, read: () => unknown): (bytes: Uint8Array) => unknown {
  return (bytes) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return read();
  };
}

const weights = {
  'network.stem/kernel': { shape: [3, 3, 1, 2], data: Float32Array.from({ length: 18 }, (_, at) => Math.sin(at)) },
  'optimizer.first.0': { shape: [2], data: Float32Array.of(0.5, -0.5) },
};

beforeAll(() => {
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
});
