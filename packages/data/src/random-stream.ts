/**
 * Random streams named by integers: the same keys give the same stream, other keys an unrelated one.
 *
 * A stream for each (seed, image) or (seed, epoch) makes a drawing a pure function of its place, whatever was drawn
 * before: order of access does not matter, and resuming needs counters only. xoroshiro128plus itself starts neighbouring
 * seeds with neighbouring numbers, so the keys are hashed first (the finaliser of MurmurHash3).
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** @param keys - safe integers, at least one; their order matters */
export function randomStream(...keys: readonly number[]): RandomGenerator {
  const state = [0x9e3779b9, 0x243f6a88, 0x6a09e667, 0x3c6ef372];
  for (const key of keys) {
    const [low, high] = [key | 0, Math.floor(key / 2 ** 32) | 0];
    for (let word = 0; word < 4; word++) {
      state[word] = mix(mix(state[word] ^ low) + high);
    }
  }
  return xoroshiro128plusFromState(state);
}

/** The numbers 0..length-1 in a random order (Fisher-Yates). */
export function permutation(length: number, random: RandomGenerator): Int32Array {
  const order = Int32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

function mix(word: number): number {
  let hash = (word + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
