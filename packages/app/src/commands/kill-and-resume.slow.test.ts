/** The promise of exact resume at its full length: half of the kills are aimed at the writing of a checkpoint. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEngine } from '@autoregseg/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { killAndResume } from './kill-and-resume.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Why the native engine is not tried, for the title. */
const absent = await useEngine('native').then(
  () => '',
  ({ message }: Error) => ` (skipped: ${message.split('\n', 1)[0]})`,
);

describe('a training killed at random moments, and resumed each time, ends in the weights of the undisturbed run', () => {
  it('40 kills on wasm', () => endsInTheSameBits({ engine: 'wasm', kills: 40, steps: 60 }));

  it.skipIf(absent)(`16 kills on native TensorFlow${absent}`, () =>
    endsInTheSameBits({ engine: 'native', kills: 16, steps: 30 }),
  );
});

async function endsInTheSameBits(plan: {
  readonly engine: 'wasm' | 'native';
  readonly kills: number;
  readonly steps: number;
}) {
  const outcome = await killAndResume({ ...plan, folder: join(folder, plan.engine), seed: 2 });
  expect(outcome.kills).toBe(plan.kills);
  expect(outcome.insideWrite).toBeGreaterThan(plan.kills / 8);
  expect(outcome.resumed).toEqual(outcome.undisturbed);
  expect(outcome.resumed.step).toBe(plan.steps);
  console.log(`${plan.engine}: ${plan.kills} kills, ${outcome.insideWrite} of them inside of a write of a checkpoint`);
}
