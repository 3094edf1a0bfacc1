import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InterruptedError, lastLine, runStep, StepError } from './child.mjs';

const shown: string[] = [];
const run = (code: string) => runStep('try', process.execPath, ['-e', code], { cwd: import.meta.dirname });

beforeEach(() => {
  shown.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => shown.push(String(text)) > 0);
});

afterEach(() => vi.restoreAllMocks());

describe('runStep', () => {
  it('gives what was written to stdout and shows only that the step ran', async () => {
    expect(await run('console.log("built"); console.error("a warning")')).toBe('built\n');
    expect(shown.join('')).toMatch(/^set-up: try …\nset-up: try done \(\d+ s\)\n$/);
  });

  it('fails with the whole output and the last line of it that says something', async () => {
    const failure = run('console.log("first"); console.error("no compiler"); console.error(); process.exit(3)');
    await expect(failure).rejects.toThrow('try failed (exit code 3)');
    const error = (await failure.catch((reason: unknown) => reason)) as StepError;
    expect(error).toBeInstanceOf(StepError);
    expect(error.output).toBe('first\nno compiler\n\n');
    expect(error.lastLine).toBe('no compiler');
  });

  it('fails when the command does not exist', async () => {
    const failure = runStep('try', 'no-such-command', [], { cwd: import.meta.dirname });
    await expect(failure).rejects.toThrow('try failed (exit code -2)');
    await expect(failure).rejects.toHaveProperty('lastLine', 'spawn no-such-command ENOENT');
  });

  it('passes a signal on, waits for the end and says that it was interrupted', async () => {
    const step = run('process.on("SIGTERM", () => setTimeout(() => process.exit(0), 50)); setInterval(() => {}, 1e6)');
    setTimeout(() => process.emit('SIGTERM', 'SIGTERM'), 500);
    const error = await step.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error).toHaveProperty('exitCode', 143);
  });
});

describe('lastLine', () => {
  it('skips blank lines, rules and colours', () => {
    expect(lastLine('one\n\u001B[31mtwo\u001B[39m\r\n-----\n\n')).toBe('two');
  });
});
