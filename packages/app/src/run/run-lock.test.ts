import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockRun } from './run-lock.js';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'autoregseg-lock-'));
});
afterEach(() => rmSync(run, { recursive: true }));

const lockFile = () => join(run, '.lock');
const heldBy = (holder: object) => writeFileSync(lockFile(), JSON.stringify({ host: hostname(), ...holder }));
const holder = () => JSON.parse(readFileSync(lockFile(), 'utf8')) as { pid: number; host: string };

describe('value', () => {
  it('names its holder, and is given back without a trace', () => {
    const unlock = lockRun(run);
    expect(holder()).toMatchObject({ pid: process.pid, host: hostname() });
    unlock();
    expect(readdirSync(run)).toEqual([]);
  });

  it('of a dead process is taken over', () => {
    heldBy({ pid: spawnSync(process.execPath, ['--version']).pid });
    const unlock = lockRun(run);
    expect(holder().pid).toBe(process.pid);
    unlock();
    expect(readdirSync(run)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('of a dead process whose id was given to another one is taken over', () => {
    heldBy({ pid: process.ppid, started: 'another-boot 1' });
    lockRun(run)();
    expect(existsSync(lockFile())).toBe(false);
  });

  it.each(['', '{', '"text"', '{"pid": "1", "host": "here"}'])("that holds %j is nobody's", (content) => {
    writeFileSync(lockFile(), content);
    lockRun(run)();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('that another process has taken meanwhile is not given back', () => {
    const unlock = lockRun(run);
    heldBy({ pid: process.ppid });
    unlock();
    expect(holder().pid).toBe(process.ppid);
  });
});

describe('error', () => {
  it('held by a living process is respected', () => {
    heldBy({ pid: process.ppid });
    expect(() => lockRun(run)).toThrow(
      `${run} is in use by process ${process.ppid} on ${hostname()}. Wait for it or stop it; ` +
        `if it is surely gone, delete ${lockFile()}.`,
    );
    expect(holder().pid).toBe(process.ppid);
    expect(readdirSync(run)).toEqual(['.lock']);
  });

  it('held on another machine is respected, since nobody here can tell', () => {
    heldBy({ pid: 1, host: 'elsewhere' });
    expect(() => lockRun(run)).toThrow(/is in use by process 1 on elsewhere/);
  });

  it.runIf(process.platform === 'linux')('cannot be taken twice by one process', () => {
    const unlock = lockRun(run);
    expect(() => lockRun(run)).toThrow(`is in use by process ${process.pid}`);
    unlock();
  });

  it('is no lock in a folder that is gone', () => {
    expect(() => lockRun(join(run, 'gone'))).toThrow(/gone cannot be locked: ENOENT.*choose another folder\.$/);
  });
});
