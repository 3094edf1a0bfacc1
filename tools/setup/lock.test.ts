import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.mjs';

let path: string;

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'setup-lock-')), 'nested', 'setup.lock');
});

afterEach(() => rmSync(join(path, '../..'), { recursive: true }));

describe('withLock', () => {
  it('gives the result of the work and then the lock back', async () => {
    expect(await withLock(path, async () => existsSync(path))).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('gives the lock back when the work fails', async () => {
    const work = withLock(path, () => Promise.reject(new Error('no disk')));
    await expect(work).rejects.toThrow('no disk');
    expect(existsSync(path)).toBe(false);
  });

  it('waits for a living holder, and says for whom', async () => {
    const events: string[] = [];
    let finish = () => {};
    const first = withLock(path, () => new Promise<void>((resolve) => (finish = resolve)));
    const onWait = (holder: number) => {
      events.push(`waits for ${holder === process.pid ? 'us' : holder}`);
      finish();
    };
    const second = withLock(path, async () => events.push('works'), { pollMs: 5, onWait });
    await Promise.all([first, second]);
    expect(events).toEqual(['waits for us', 'works']);
  });

  it('takes over the lock of a process that is gone', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    await withLock(path, async () => {});
    writeFileSync(path, String(gone));
    expect(await withLock(path, async () => 'done')).toBe('done');
  });
});
