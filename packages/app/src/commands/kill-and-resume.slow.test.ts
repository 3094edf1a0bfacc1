/** The promise of exact resume at its full length: 40 kills, half of them aimed at the writing of a checkpoint. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { killAndResume } from './kill-and-resume.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a training killed at 40 random moments', () => {
  it('and resumed each time ends with the weights of the undisturbed run, bit for bit', async () => {
    const outcome = await killAndResume({ folder, kills: 40, steps: 60, seed: 2 });
    expect(outcome.kills).toBe(40);
    expect(outcome.insideWrite).toBeGreaterThan(5);
    expect(outcome.resumed).toEqual(outcome.undisturbed);
    console.log(`40 kills, ${outcome.insideWrite} of them inside of a write of a checkpoint`);
  });
});
