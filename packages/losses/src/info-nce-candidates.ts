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

/** The pairs [anchor, candidate's index] that lie within a window of each other in one image. */
export function sameWindowPairs(
  candidates: Int32Array,
  [, height, width]: MapShape,
  halfWindow: number,
): [anchor: number, candidate: number][] {
  const pairs: [number, number][] = [];
  candidates.forEach((position, candidate) => {
    const image = Math.floor(position / (height * width));
    const [row, column] = [Math.floor(position / width) % height, position % width];
    for (let r = Math.max(0, row - halfWindow); r <= Math.min(height - 1, row + halfWindow); r++) {
      for (let c = Math.max(0, column - halfWindow); c <= Math.min(width - 1, column + halfWindow); c++) {
        pairs.push([(image * height + r) * width + c, candidate]);
      }
    }
  });
  return pairs;
}

/** All anchors, those that have a pair first: the chunks of the others need not look for any. */
export function pairedFirst(pairs: readonly (readonly [anchor: number, candidate: number])[], anchors: number) {
  const paired = new Uint8Array(anchors);
  for (const [anchor] of pairs) paired[anchor] = 1;
  const order = new Int32Array(anchors);
  const rank = new Int32Array(anchors);
  let next = 0;
  for (const first of [1, 0]) {
    for (let anchor = 0; anchor < anchors; anchor++) {
      if (paired[anchor] !== first) continue;
      order[next] = anchor;
      rank[anchor] = next++;
    }
  }
  return { order, rank };
}
