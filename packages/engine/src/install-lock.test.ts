import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useSandbox } from '../test/sandbox.js';
import { withLock } from './install-lock.js';

describe('withLock', () => {
  const sandbox = useSandbox();
  const file = () => join(sandbox.cache, 'install.lock');

  function heldBy(holder: string): void {
    mkdirSync(dirname(file()), { recursive: true });
    writeFileSync(file(), holder);
  }

  it('lets the second wait until the first is done, and tells who is waited for', async () => {
    const events: string[] = [];
    let finish = () => {};
    const first = withLock(file(), async () => {
      events.push('first starts');
      await new Promise<void>((resolve) => (finish = resolve));
      events.push('first ends');
    });
    const onWait = (holder: string) => {
      events.push(holder);
      finish();
    };
    await withLock(file(), async () => void events.push('second'), { pollMs: 5, onWait });
    await first;
    expect(events).toEqual(['first starts', `${process.pid} ${hostname()}`, 'first ends', 'second']);
    expect(readdirSync(sandbox.cache)).toEqual([]);
  });

  it('takes over from a process that is dead', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    heldBy(`${pid} ${hostname()}`);
    expect(await withLock(file(), async () => 'done')).toBe('done');
    expect(readdirSync(sandbox.cache)).toEqual([]);
  });

  it("takes another machine's lock for alive during half an hour", async () => {
    heldBy(`1 not-${hostname()}`);
    const abort = AbortSignal.timeout(50);
    await expect(withLock(file(), async () => 'done', { pollMs: 5, abort })).rejects.toThrow(
      'The operation was aborted',
    );
    const old = Date.now() / 1000 - 31 * 60;
    utimesSync(file(), old, old);
    expect(await withLock(file(), async () => 'done')).toBe('done');
  });

  it('is given back when the work fails', async () => {
    const work = () => Promise.reject(new Error('no luck'));
    await expect(withLock(file(), work)).rejects.toThrow('no luck');
    expect(existsSync(file())).toBe(false);
  });
});
