import { describe, expect, it } from 'vitest';
import { readAhead, WorkBehind } from './overlap.js';

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('readAhead', () => {
  it('asks for the next item while one is in use, keeps the order, and ends the source', async () => {
    const events: string[] = [];
    async function* numbers() {
      try {
        for (let i = 0; i < 5; i++) {
          events.push(`read ${i}`);
          yield i;
        }
      } finally {
        events.push('closed');
      }
    }
    for await (const i of readAhead(numbers())) {
      events.push(`use ${i}`);
      if (i === 2) break;
    }
    expect(events).toEqual(['read 0', 'read 1', 'use 0', 'read 2', 'use 1', 'read 3', 'use 2', 'closed']);
  });

  it('throws where the item is wanted, after those before it', async () => {
    async function* failing() {
      yield 1;
      throw new Error('no second');
    }
    const seen: number[] = [];
    const all = async () => {
      for await (const i of readAhead(failing())) {
        await turn();
        seen.push(i);
      }
    };
    await expect(all()).rejects.toThrow('no second');
    expect(seen).toEqual([1]);
  });
});

describe('WorkBehind', () => {
  it('holds a few pieces at a time and has done all when settled', async () => {
    const behind = new WorkBehind(2);
    let [now, most, done] = [0, 0, 0];
    for (let i = 0; i < 6; i++) {
      await behind.add(async () => {
        most = Math.max(most, ++now);
        await turn();
        now -= 1;
        done += 1;
      });
    }
    await behind.settle();
    expect([most, done]).toEqual([2, 6]);
  });

  it('throws what a piece threw, at the latest when settled', async () => {
    const behind = new WorkBehind(3);
    await behind.add(async () => {
      await turn();
      throw new Error('disk full');
    });
    await expect(behind.settle()).rejects.toThrow('disk full');
  });
});
