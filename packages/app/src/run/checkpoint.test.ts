import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanCheckpoints, readNewestCheckpoint, writeCheckpoint } from './checkpoint.js';

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

  it('keeps as many as it is told to', () => {
    for (const step of [1, 2, 3, 4]) writeCheckpoint(run, at(step), { keep: 3 });
    expect(readdirSync(join(run, 'checkpoints'))).toHaveLength(3);
  });

  it('clears away what a killed writer left, and nothing else', () => {
    writeCheckpoint(run, at(1));
    writeFileSync(join(run, 'checkpoints', 'step-00000002.safetensors.4711.tmp'), 'half');
    cleanCheckpoints(run);
    expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-00000001.safetensors']);
    expect(readNewestCheckpoint(run)).toEqual(at(1));
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
    ['changed in its state', (bytes: Buffer) => replaced(bytes, '"cursor\\":2', '"cursor\\":3'), /hashes to/],
    ['changed in its step', (bytes: Buffer) => replaced(bytes, '"step":"2"', '"step":"7"'), /hashes to/],
    ['empty', () => Buffer.alloc(0), /at least 8 bytes/],
  ])('passes over one that is %s, with a warning', (_, damage, reason) => {
    writeFileSync(newest(), damage(readFileSync(newest())));
    const warnings: string[] = [];
    expect(readNewestCheckpoint(run, (message) => warnings.push(message))).toEqual(at(1));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(reason);
    expect(warnings[0]).toContain('step-00000002.safetensors is damaged');
  });

  it('of another version is refused, not passed over', () => {
    const bytes = replaced(readFileSync(newest()), '"version":"1"', '"version":"9"');
    // As a program of that version would have hashed it.
    const was = /"sha256":"(\w+)"/.exec(bytes.toString('latin1'))![1];
    const hash = /hashes to (\w+)/.exec(warningOf(bytes))![1];
    writeFileSync(newest(), replaced(bytes, was, hash));
    expect(() => readNewestCheckpoint(run)).toThrow(
      'step-00000002.safetensors was written as checkpoint version 9; this program reads version 1. ' +
        'Use the release of autoregseg that made it, or train again.',
    );
  });

  it('says so when none is whole, rather than starting anew', () => {
    for (const step of [1, 2]) writeFileSync(join(run, 'checkpoints', `step-0000000${step}.safetensors`), '');
    expect(() => readNewestCheckpoint(run)).toThrow(/every checkpoint is damaged \(step-00000001/);
  });
});

describe('error on writing', () => {
  it('names the file, and leaves the checkpoints before whole', () => {
    writeCheckpoint(run, at(1));
    // Nothing can be renamed over a folder.
    mkdirSync(join(run, 'checkpoints', 'step-00000002.safetensors'));
    expect(() => writeCheckpoint(run, at(2))).toThrow(
      /^cannot write .*step-00000002\.safetensors: EISDIR.*Free space or choose another folder\.$/,
    );
    rmSync(join(run, 'checkpoints', 'step-00000002.safetensors'), { recursive: true });
    expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-00000001.safetensors']);
    expect(readNewestCheckpoint(run)).toEqual(at(1));
  });

  it('names the folder when it cannot be made', () => {
    writeFileSync(join(run, 'checkpoints'), '');
    expect(() => writeCheckpoint(run, at(1))).toThrow(/^cannot write .*checkpoints: EEXIST/);
  });
});

function replaced(bytes: Buffer, text: string, by: string): Buffer {
  const changed = bytes.toString('latin1').replace(text, by);
  expect(changed).toContain(by);
  return Buffer.from(changed, 'latin1');
}

/** What is said of these bytes in place of the newest checkpoint. */
function warningOf(bytes: Buffer): string {
  writeFileSync(join(run, 'checkpoints', 'step-00000002.safetensors'), bytes);
  const warnings: string[] = [];
  readNewestCheckpoint(run, (message) => warnings.push(message));
  return warnings.join();
}
