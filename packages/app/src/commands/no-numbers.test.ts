/** Batches that are no numbers, driven through a whole training by the command line: what is skipped, said, kept. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Data from '@autoregseg/data';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { readMetrics } from '../run/metrics.js';
import { runCommand, TINY, TINY_MOSAIC, type CommandOutcome } from './run-command.fixture.js';

/** What a sensor, a decoder or a disk might do: from some moment on these images hold NaN. */
const poison = vi.hoisted(() => ({ ids: [] as readonly string[], soundReads: 0 }));

vi.mock('@autoregseg/data', async (original) => {
  const data = await original<typeof Data>();
  const poisoned = (dataset: Data.Dataset): Data.Dataset => {
    let left = poison.soundReads;
    return {
      ...dataset,
      async get(index, options) {
        const sample = await dataset.get(index, options);
        if (!poison.ids.includes(sample.id) || left-- > 0) return sample;
        return { ...sample, image: { ...sample.image, data: sample.image.data.map(() => Number.NaN) } };
      },
    };
  };
  return {
    ...data,
    openDataset: (...words: Parameters<typeof Data.openDataset>) => poisoned(data.openDataset(...words)),
  };
});

const base = mkdtempSync(join(tmpdir(), 'autoregseg-no-numbers-'));
afterAll(() => rmSync(base, { recursive: true }));
let out: string;
let runs = 0;
beforeEach(() => void (out = join(base, `run${runs++}`)));

/** Trains where each of these images is sound once, when the statistics are measured, and no number from then on. */
async function trainWith(ids: readonly string[], ...more: readonly string[]): Promise<CommandOutcome> {
  Object.assign(poison, { ids, soundReads: ids.length });
  return runCommand('train', ...TINY_MOSAIC, ...TINY, '--out', out, ...more);
}

const metrics = () => readMetrics(join(out, 'metrics.jsonl'));
const warnings = () =>
  (JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as { warnings: string[] }).warnings;
const weights = () => Object.values(readNewestCheckpoint(out)!.tensors).flatMap(({ data }) => [...data]);

describe('a batch that is no number', () => {
  it('is skipped, with its images and the first term at fault in the log, and training goes on to its end', async () => {
    const { code, stderr } = await trainWith(['train-0001'], '--steps', '6');
    expect(code).toBe(0);
    const skipped = metrics().filter((row) => row.skipped !== undefined);
    expect(skipped.length).toBeGreaterThan(0);
    expect(skipped.length).toBeLessThan(6);
    for (const { step, skipped: term } of skipped) {
      expect(term).toBe('the pixels of train-0001 hold NaN');
      expect(stderr).toMatch(
        new RegExp(`warning: step ${step} was skipped: ${term} \\(images (train-0001, .*|.*, train-0001)\\)`),
      );
    }
    expect(warnings()).toHaveLength(skipped.length);
    expect(weights().every(Number.isFinite)).toBe(true);
  });

  it('ends the training after five in a row: exit code 1, one error that names cause and cure, no checkpoint of it', async () => {
    const all = ['train-0000', 'train-0001', 'train-0002'];
    const { code, stdout, stderr } = await trainWith(all, '--steps', '20', '--checkpoint-every', '1', '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /error: training: 5 steps in a row gave no numbers; the last: step 5 was skipped: the pixels of train-000\d hold NaN \(images train-000\d, train-000\d\)\. Mend these images, or leave them out; the checkpoints so far are whole\./,
    );
    expect(metrics().map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(readdirSync(out)).not.toContain('checkpoints');
    expect((JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as { status: string }).status).toBe('failed');
  });
});

describe('weights that leave the range of numbers', () => {
  it('end the training, and the checkpoint before them is whole', async () => {
    const { code, stderr } = await trainWith([], '--steps', '40', '--learning-rate', '1e30', '--checkpoint-every', '1');
    expect(code).toBe(1);
    expect(stderr).toContain('error: training: 5 steps in a row gave no numbers');
    expect(stderr).toContain('Train again with a lower --learning-rate (now 1e+30)');
    expect(readNewestCheckpoint(out)!.step).toBeGreaterThan(0);
  });
});
