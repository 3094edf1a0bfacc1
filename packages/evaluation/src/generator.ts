/** The seeded generator behind everything random here. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { skipN } from 'pure-rand/utils/skipN';

/** The first draws of all small seeds are alike: 0.99999 the first, 0.75 to 0.94 the second of seeds 0 to 3. */
const ALIKE = 32;

/** A generator whose draws differ from seed to seed from the first one on; a generator that is given goes on. */
export function generatorOf(seed: number | RandomGenerator): RandomGenerator {
  if (typeof seed !== 'number') return seed;
  const generator = xoroshiro128plus(seed);
  skipN(generator, ALIKE);
  return generator;
}
