/**
 * Glorot's uniform initial weights, drawn from a seeded generator: the same on every engine.
 *
 * [1] Glorot, Bengio. Understanding the difficulty of training deep feedforward neural networks. AISTATS 2010.
 */
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

/**
 * Uniform in (-a, a) with a = sqrt(6 / (fanIn + fanOut)); fans are kh kw C and kh kw D, masked taps counted too.
 *
 * @param shape - [kh, kw, C, D]
 * @returns the kernel's kh kw C D values, row-major
 */
export function glorotUniform(shape: readonly [number, number, number, number], random: RandomGenerator): Float32Array {
  const [height, width, channels, filters] = shape;
  const bound = Math.sqrt(6 / (height * width * (channels + filters)));
  return Float32Array.from(
    { length: height * width * channels * filters },
    () => bound * (2 * uniformFloat64(random) - 1),
  );
}
