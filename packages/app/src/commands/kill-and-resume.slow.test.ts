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

describe.each([
  { engine: 'wasm', kills: 40, steps: 60, skipped: '' },
  { engine: 'native', kills: 16, steps: 30, skipped: absent },
] as const)('a training on $engine killed at $kills random moments$skipped', ({ skipped, ...plan }) => {
  it.skipIf(skipped)('and resumed each time ends with the weights of the undisturbed run, bit for bit', async () => {
    const outcome = await killAndResume({ ...plan, folder: join(folder, plan.engine), seed: 2 });
    expect(outcome.kills).toBe(plan.kills);
    expect(outcome.insideWrite).toBeGreaterThan(plan.kills / 8);
    expect(outcome.resumed).toEqual(outcome.undisturbed);
    expect(outcome.resumed.step).toBe(plan.steps);
    console.log(
      `${plan.engine}: ${plan.kills} kills, ${outcome.insideWrite} of them inside of a write of a checkpoint`,
    );
  });
});
