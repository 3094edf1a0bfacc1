import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint.js';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'autoregseg-checkpoint-'));
});
afterEach(() => rmSync(run, { recursive: true }));

const at = (step: number) => ({
  step,
  tensors: { weight: { shape: [2], data: Float32Array.of(step, -step) } },
  state: { cursor: step, generator: [1, 2, 3, 4] },
});

describe('value', () => {
  it('is none in a run without one', () => {
    expect(readNewestCheckpoint(run)).toBeUndefined();
  });

  it('gives back the newest', () => {
    writeCheckpoint(run, at(9));
    writeCheckpoint(run, at(10));
    expect(readNewestCheckpoint(run)).toEqual(at(10));
  });

  it('keeps the newest and one to fall back to', () => {
    for (const step of [1, 2, 3]) writeCheckpoint(run, at(step));
    expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-00000002.safetensors', 'step-00000003.safetensors']);
  });

  it('leaves no temporary file', () => {
    writeCheckpoint(run, at(1));
    expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-00000001.safetensors']);
  });
});

describe('error', () => {
  const newest = () => join(run, 'checkpoints', 'step-00000002.safetensors');
  beforeEach(() => {
    writeCheckpoint(run, at(1));
    writeCheckpoint(run, at(2));
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3), /offsets/],
    ['changed in its data', (bytes: Buffer) => bytes.fill(1, bytes.length - 1), /hashes to/],
    ['empty', () => Buffer.alloc(0), /at least 8 bytes/],
  ])('passes over one that is %s, with a warning', (_, damage, reason) => {
    writeFileSync(newest(), damage(readFileSync(newest())));
    const warnings: string[] = [];
    expect(readNewestCheckpoint(run, (message) => warnings.push(message))).toEqual(at(1));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(reason);
    expect(warnings[0]).toContain('step-00000002.safetensors is damaged');
  });

  it('says so when none is whole, rather than starting anew', () => {
    for (const step of [1, 2]) writeFileSync(join(run, 'checkpoints', `step-0000000${step}.safetensors`), '');
    expect(() => readNewestCheckpoint(run)).toThrow(/every checkpoint is damaged \(step-00000001/);
  });
});
