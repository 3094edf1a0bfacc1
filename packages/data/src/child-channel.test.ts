import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ChildChannel } from './child-channel.js';

const folder = mkdtempSync(join(tmpdir(), 'autoregseg-child-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A child that echoes a question, and hangs on some: busy as a decoder in a loop, or idle as one that waits for ever. */
const script = join(folder, 'echo.mjs');
const answering = pathToFileURL(join(import.meta.dirname, '../child/answer-questions.mjs')).href;
writeFileSync(
  script,
  `import { answerQuestions } from '${answering}';
answerQuestions(async ({ word }) => {
  while (word === 'busy');
  if (word === 'idle') await new Promise(() => {});
  if (word === 'no') throw new RangeError('not that one');
  return { word, pid: process.pid };
});`,
);

interface Echo {
  readonly word: string;
  readonly pid: number;
}

function echo() {
  const channel = new ChildChannel({
    script,
    name: 'the echo',
    refuse: (question, reason) => new RangeError(`${(question as { word: string }).word}: ${reason}`),
  });
  const ask = (word: string, patienceMs?: number) => channel.ask<Echo>({ word }, { patienceMs });
  return { ask, close: () => channel.close() };
}

describe('value', () => {
  it('answers one question after the other by one child, and begins to count when the child listens', async () => {
    const { ask, close } = echo();
    // Node alone takes longer to start than some of these.
    const [first, second] = await Promise.all([ask('a', 2000), ask('b', 2000)]);
    expect([first.word, second.word, second.pid]).toEqual(['a', 'b', first.pid]);
    await close();
  });
});

describe('error', () => {
  it.each(['busy', 'idle'])('ends a child that hangs (%s), says so, and asks a new one next', async (word) => {
    const { ask, close } = echo();
    const { pid } = await ask('a');
    const [hung, next] = await Promise.allSettled([ask(word, 200), ask('b')]);
    expect(hung).toMatchObject({
      status: 'rejected',
      reason: new RangeError(
        `${word}: the echo was ended after 0.2 s without an answer; ` +
          'if the file is sound, allow more with AUTOREGSEG_DECODE_SECONDS',
      ),
    });
    expect(next).toMatchObject({ status: 'fulfilled', value: { word: 'b' } });
    expect((next as PromiseFulfilledResult<Echo>).value.pid).not.toBe(pid);
    await expect.poll(() => isAlive(pid)).toBe(false);
    await close();
  });

  it("gives the child's reason, and keeps the child", async () => {
    const { ask, close } = echo();
    const { pid } = await ask('a');
    await expect(ask('no')).rejects.toThrow('no: not that one');
    expect((await ask('b')).pid).toBe(pid);
    await close();
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
