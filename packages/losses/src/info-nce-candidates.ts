/**
 * Which positions serve as negatives, and which of them are too near to an anchor to be one.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { skipN } from 'pure-rand/utils/skipN';

export type MapShape = readonly [count: number, height: number, width: number];

/** The first draws of small seeds are alike. */
const ALIKE = 32;

/**
 * One position from each of `negatives` stretches of equal length, so that all images and rows are drawn from alike.
 *
 * @returns ascending, no position twice; all positions where there are no more than `negatives`
 */
export function sampleCandidates(positions: number, negatives: number, seed: number): Int32Array {
  if (positions <= negatives) return Int32Array.from({ length: positions }, (_, position) => position);
  const random = xoroshiro128plus(seed);
  skipN(random, ALIKE);
  return Int32Array.from({ length: negatives }, (_, stretch) => {
    const [from, to] = [stretch, stretch + 1].map((edge) => Math.floor((edge * positions) / negatives));
    return from + Math.floor((to - from) * uniformFloat64(random));
  });
}

/**
 * For each chunk of anchors, the pairs [anchor within the chunk, candidate's index, ...] that lie within a window of each
 * other in one image.
 */
export function sameWindowPairs(
  candidates: Int32Array,
  [, height, width]: MapShape,
  halfWindow: number,
  chunkSize: number,
): number[][] {
  const pairs: number[][] = [];
  candidates.forEach((position, candidate) => {
    const image = Math.floor(position / (height * width));
    const [row, column] = [Math.floor(position / width) % height, position % width];
    for (let r = Math.max(0, row - halfWindow); r <= Math.min(height - 1, row + halfWindow); r++) {
      for (let c = Math.max(0, column - halfWindow); c <= Math.min(width - 1, column + halfWindow); c++) {
        const anchor = (image * height + r) * width + c;
        (pairs[Math.floor(anchor / chunkSize)] ??= []).push(anchor % chunkSize, candidate);
      }
    }
  });
  return pairs;
}
