/** One seed, one run: the same bits twice, and no tensor more after 200 steps than after the first. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNewestCheckpoint } from '../run/checkpoint.js';
import { readMetrics } from '../run/metrics.js';
import type { SessionState } from '../training/session-state.js';
import { succeed, TINY, TINY_MOSAIC } from './run-command.fixture.js';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-repeat-'));
const path = (name: string) => join(base, name);
beforeAll(async () => {
  for (const [name, seed] of Object.entries({ first: 1, again: 1, other: 2 })) {
    const length = name === 'other' ? '2' : '200';
    await succeed('train', ...TINY_MOSAIC, ...TINY, '--out', path(name), '--steps', length, '--seed', String(seed));
  }
}, 300_000);
afterAll(() => rmSync(base, { recursive: true }));

const tensorsOf = (name: string) => readNewestCheckpoint<SessionState>(path(name))!.tensors;
/** What a run learned at each step, without what depends on the time of day. */
const gaugesOf = (name: string) =>
  readMetrics(join(path(name), 'metrics.jsonl')).map(({ step, loss, information, effectiveClusters, agreement }) => ({
    step,
    loss,
    information,
    effectiveClusters,
    agreement,
  }));

describe('200 steps', () => {
  it('hold the same number of tensors after each step', () => {
    const tensors = readMetrics(join(path('first'), 'metrics.jsonl')).map(({ tensors }) => tensors);
    expect(tensors).toEqual(Array.from({ length: 200 }, () => tensors[0]));
  });

  it('end in the same weights and moments from one seed, bit for bit, by the same gauges', () => {
    expect(tensorsOf('again')).toEqual(tensorsOf('first'));
    expect(gaugesOf('again')).toEqual(gaugesOf('first'));
  });

  it('go another way from another seed', () => {
    expect(gaugesOf('other')).not.toEqual(gaugesOf('first').slice(0, 2));
  });
});
