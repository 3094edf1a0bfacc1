import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCounts, countSteps, countTests, formatCounts } from './summary.mjs';

const result = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, testResults: [] };

describe('counts', () => {
  it('are those of vitest', () => {
    expect(countTests(result)).toEqual({ passed: 3, failed: 0, skipped: 1 });
  });

  it('take a file that does not load for one failure', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{}] }, // counted by its test
      { status: 'passed', assertionResults: [] },
    ];
    expect(countTests({ ...result, testResults })).toEqual({ passed: 3, failed: 1, skipped: 1 });
  });

  it('take a step for one', () => {
    expect(countSteps('passed lint\nfailed demo of failed runs\n')).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('add up', () => {
    const counts = { passed: 1, failed: 2, skipped: 3 };
    expect(addCounts([counts, counts])).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });

  it('name what was skipped only when something was', () => {
    expect(formatCounts({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(formatCounts({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped');
  });
});

describe('the command', () => {
  let folder: string;
  const summarise = () =>
    spawnSync(process.execPath, [resolve(import.meta.dirname, 'summary.mjs'), `${folder}/steps`, `${folder}/results`], {
      encoding: 'utf8',
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'summary-'));
    mkdirSync(join(folder, 'results/@autoregseg'), { recursive: true });
    writeFileSync(join(folder, 'steps'), 'passed lint\n');
    writeFileSync(join(folder, 'results/bench.json'), '{"rounds":[]}'); // not a test result
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('adds tests of scoped packages and steps, and exits 0', () => {
    writeFileSync(join(folder, 'results/@autoregseg/losses.json'), JSON.stringify(result));
    expect(summarise()).toMatchObject({ stdout: '4 passed, 0 failed, 1 skipped\n', status: 0 });
  });

  it('exits 1 when something failed', () => {
    writeFileSync(join(folder, 'results/@autoregseg/losses.json'), JSON.stringify({ ...result, numFailedTests: 1 }));
    expect(summarise()).toMatchObject({ stdout: '4 passed, 1 failed, 1 skipped\n', status: 1 });
  });

  it('fails when no test ran', () => {
    expect(summarise()).toMatchObject({ stdout: '1 passed, 1 failed\n', status: 1 });
  });
});
