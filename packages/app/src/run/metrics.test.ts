import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendMetrics, readMetrics, truncateMetrics, type StepMetrics } from './metrics.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'autoregseg-metrics-'));
  file = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const row = (step: number): StepMetrics => ({
  step,
  loss: -step,
  information: step,
  effectiveClusters: 2,
  agreement: 0.5,
  imagesPerSecond: 1,
  dataSeconds: 0,
  tensors: 9,
  learningRate: 0.1,
  seconds: step,
});

describe('value', () => {
  it('gives back what was appended', () => {
    for (const step of [1, 2]) appendMetrics(file, row(step));
    expect(readMetrics(file)).toEqual([row(1), row(2)]);
  });

  it('is empty where there is no file', () => {
    expect(readMetrics(file)).toEqual([]);
  });

  it('leaves out a line that a crash cut short, and what is no row', () => {
    writeFileSync(file, `${JSON.stringify(row(1))}\nnull\n7\n{"step":"2"}\n\n${JSON.stringify(row(3))}\n{"step":4,"lo`);
    expect(readMetrics(file)).toEqual([row(1), row(3)]);
  });

  it('drops the lines after a step, and the cut one', () => {
    for (const step of [1, 2, 3]) appendMetrics(file, row(step));
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"step":4`);
    truncateMetrics(file, 2);
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(row(1))}\n${JSON.stringify(row(2))}\n`);
  });
});

describe('error', () => {
  it('says what to do when the line cannot be written', () => {
    expect(() => appendMetrics(folder, row(1))).toThrow(
      /^cannot write .*: EISDIR.*Free space and go on with --resume\.$/,
    );
  });
});
