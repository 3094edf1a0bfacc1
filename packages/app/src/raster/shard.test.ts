import { describe, expect, it } from 'vitest';
import { parseShard, shardRange } from './shard.js';

describe('value', () => {
  it('counts from 0, by hand or as the scheduler does', () => {
    expect(parseShard('3/16', {})).toEqual({ index: 3, of: 16 });
    const slurm = { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '4' };
    expect(parseShard('auto', { ...slurm, SLURM_ARRAY_TASK_STEP: '2' })).toEqual({ index: 3, of: 4 });
    expect(parseShard('auto/8', { ...slurm, SLURM_ARRAY_TASK_STEP: '1' })).toEqual({ index: 6, of: 8 });
    expect(parseShard('auto/5', { JOB_COMPLETION_INDEX: '4' })).toEqual({ index: 4, of: 5 });
  });

  it('gives every item to one shard, in runs of neighbours that differ by one item at most', () => {
    const ranges = [0, 1, 2, 3].map((index) => shardRange({ index, of: 4 }, 10));
    expect(ranges).toEqual([
      [0, 2],
      [2, 5],
      [5, 7],
      [7, 10],
    ]);
    expect(shardRange({ index: 2, of: 5 }, 2)).toEqual([0, 1]);
  });
});

describe('error', () => {
  it.each([
    ['4', {}, '--shard 4: of how many? Such as 4/16.'],
    ['4/4', {}, '--shard 4/4: counted from 0, the last of 4 is 3, got 4'],
    ['a/b', {}, "--shard: i/n from 0/n to (n-1)/n, auto, or auto/n is needed, got 'a/b'"],
    ['auto', { JOB_COMPLETION_INDEX: '4' }, '--shard auto: of how many? Such as auto/16.'],
    [
      'auto/4',
      {},
      '--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; give it as i/n, such as 0/16',
    ],
  ])('refuses %s under %o', (text, environment, message) => {
    expect(() => parseShard(text, environment)).toThrow(message);
  });
});
