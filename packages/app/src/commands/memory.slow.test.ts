/**
 * The memory that the system has given to a training on native TensorFlow, beside its count of tensors: what leaks below the
 * engine's own book-keeping is no tensor.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { useEngine } from '@autoregseg/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../run/metrics.js';
import { spawnCommand } from './spawn-command.fixture.js';

const base = mkdtempSync(join(tmpdir(), 'autoregseg-memory-'));
afterAll(() => rmSync(base, { recursive: true }));

/** Why this file tests nothing here, for the title. */
const absent =
  process.platform === 'linux'
    ? await useEngine('native').then(
        () => '',
        ({ message }: Error) => ` (skipped: ${message.split('\n', 1)[0]})`,
      )
    : ' (skipped: resident memory is read from /proc)';

/** Until memory is steady: kernels, thread pools and the heap of JavaScript grow into their places. */
const WARM_UP = 100;
const STEPS = WARM_UP + 200;

/** One map of the stem, of a batch of four at stride 2, is 4 * 48 * 48 * 16 floats. */
const STEM_MAP_MB = (4 * 48 * 48 * 16 * 4) / 2 ** 20;
const words =
  `train --dataset mosaic --count 8 --size 96 --crop 96 --batch-size 4 --steps ${STEPS} --checkpoint-every 50 ` +
  '--engine native --stem-channels 16 --blocks 1 --half-window 2 --main-heads 1 --overclusters 3';

describe.skipIf(absent)(`200 steps after the first ${WARM_UP}${absent}`, () => {
  it('hold the same number of tensors, and less more memory than if one in four kept a map of the stem', async () => {
    const run = join(base, 'run');
    const training = spawnCommand(...words.split(' '), '--out', run);
    const residentMb = await residentByStep(training.process.pid!, join(run, 'metrics.jsonl'));
    const { code, stderr } = await training.ended;
    expect(code, stderr).toBe(0);
    const tensors = readMetrics(join(run, 'metrics.jsonl')).map(({ tensors }) => tensors);
    expect(tensors).toEqual(Array.from({ length: STEPS }, () => tensors[0]));
    const before = median(between(residentMb, WARM_UP - 25, WARM_UP + 25));
    const after = median(between(residentMb, STEPS - 50, STEPS));
    console.log(`resident about step ${WARM_UP}: ${before.toFixed(0)} MB; over the last 50: ${after.toFixed(0)} MB`);
    expect(after - before).toBeLessThan(((STEPS - WARM_UP - 25) * STEM_MAP_MB) / 4);
  });
});

/** Resident memory, MB, at each step that was seen, until the process ends. */
async function residentByStep(pid: number, metrics: string): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  for (;;) {
    const step = existsSync(metrics) ? (readMetrics(metrics).at(-1)?.step ?? 0) : 0;
    const resident = residentMbOf(pid);
    if (resident === undefined) return seen;
    if (step > 0) seen.set(step, resident);
    await sleep(50);
  }
}

/** @returns undefined when the process has ended */
function residentMbOf(pid: number): number | undefined {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

function between(residentMb: ReadonlyMap<number, number>, from: number, to: number): number[] {
  return [...residentMb].filter(([step]) => step > from && step <= to).map(([, mb]) => mb);
}

function median(values: readonly number[]): number {
  if (values.length < 5) throw new Error(`only ${values.length} steps were seen`);
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
