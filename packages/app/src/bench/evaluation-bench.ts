/** How long scoring takes: the confusion of a gigapixel, and matching by the Hungarian method. */
import { ConfusionMatrix, matchClusters } from '@autoregseg/evaluation';
import { randomStream } from '@autoregseg/data';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { measure } from './timing.js';

export interface EvaluationTimes {
  /** Of 10^9 pixels of 27 clusters and 27 classes. */
  readonly gigapixelSeconds: number;
  readonly matching27Seconds: number;
  readonly matching1000Seconds: number;
}

const CLASSES = 27;
/** Pixels that are counted in one call, as of an image; the same ones again and again. */
const PIXELS = 10 ** 7;

/** @param share - of the gigapixel that is counted; the time is that of the whole. @defaultValue 1 */
export function benchEvaluation({ share = 1 }: { readonly share?: number } = {}): EvaluationTimes {
  const random = randomStream(0, 0, 0);
  const ids = () =>
    Int32Array.from({ length: PIXELS * Math.min(1, share * 100) }, () => uniformInt(random, 0, CLASSES - 1));
  const [clusters, classes] = [ids(), ids()];
  const calls = Math.max(1, Math.round((share * 10 ** 9) / clusters.length));
  const started = performance.now();
  const confusion = new ConfusionMatrix(CLASSES, CLASSES);
  for (let call = 0; call < calls; call++) confusion.add(clusters, classes);
  const gigapixelSeconds = ((performance.now() - started) / 1000) * (10 ** 9 / (calls * clusters.length));
  const matchingSeconds = (size: number, rounds: number) => {
    const table = new ConfusionMatrix(size, size);
    for (let at = 0; at < table.counts.length; at++) table.counts[at] = uniformInt(random, 0, 10 ** 6);
    return measure(() => void matchClusters(table, 'one-to-one'), { rounds, warmup: 1 }).medianSeconds;
  };
  return {
    gigapixelSeconds,
    matching27Seconds: matchingSeconds(CLASSES, 21),
    matching1000Seconds: matchingSeconds(share < 1 ? 100 : 1000, 3),
  };
}
