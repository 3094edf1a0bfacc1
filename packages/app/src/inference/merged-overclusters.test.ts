import { useTestEngine } from '@autoregseg/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { mergedWhereBetter } from './merged-overclusters.js';

beforeAll(useTestEngine);

/** Four overclusters of which 0 meets 2, and 1 meets 3; those of other pairs meet as often as `mixed` says. */
function pairs(mixed: number): Float32Array {
  return Float32Array.from({ length: 16 }, (_, at) => ((Math.floor(at / 4) - (at % 4)) % 2 === 0 ? 1 : mixed));
}

const sharp = Float32Array.of(9, 1, 1, 9);
const blurred = Float32Array.of(6, 4, 4, 6);

describe('value', () => {
  it('is the cut where that tells more of what lies apart than the main head', () => {
    const counted = { near: [pairs(0.1)], apart: [pairs(0.2)], apartMain: [blurred] };
    expect([...mergedWhereBetter(counted, 2)!]).toEqual([0, 1, 0, 1]);
  });

  it('is none where that tells about as much', () => {
    const [a, b] = [0.9, 0.2];
    const same = Float32Array.of(a, b, b, a);
    const slightly = Float32Array.of(a, 0.99 * b, 0.99 * b, a);
    const made = (table: Float32Array) => pairs(0).map((_, at) => table[2 * (Math.floor(at / 4) % 2) + (at % 2)]);
    expect(mergedWhereBetter({ near: [pairs(0.1)], apart: [made(slightly)], apartMain: [same] }, 2)).toBeUndefined();
    expect(mergedWhereBetter({ near: [pairs(0.1)], apart: [made(same)], apartMain: [blurred] }, 2)).toBeDefined();
  });

  it('is none where the main head tells more, however much the overclusters tell unmerged', () => {
    const diagonal = Float32Array.from({ length: 16 }, (_, at) => Number(at % 5 === 0));
    const apart = diagonal.map((share, at) => share + pairs(0.5)[at]);
    expect(mergedWhereBetter({ near: [pairs(0.1)], apart: [apart], apartMain: [sharp] }, 2)).toBeUndefined();
  });

  it('counts information within groups: what tells the groups apart alone is none', () => {
    const ofGroups = [Float32Array.of(10, 0, 0, 0), Float32Array.of(0, 0, 0, 10)];
    const counted = { near: [pairs(0.1), pairs(0.1)], apart: [pairs(0.9), pairs(0.9)], apartMain: ofGroups };
    expect(mergedWhereBetter(counted, 2)).toBeDefined();
  });

  it('is none on maps so small that no positions lie apart', () => {
    const none = { apart: [new Float32Array(16)], apartMain: [new Float32Array(4)] };
    expect(mergedWhereBetter({ near: [pairs(0.1)], ...none }, 2)).toBeUndefined();
  });
});
