/**
 * How far runs agree on a partition of the same images, whatever they call its clusters: a score that needs no labels.
 *
 *   consensus(h) = mean over the other runs of one recipe of I(A; B) / sqrt(H(A) H(B))        0..1
 *
 * A is the partition of head h, B the one that the other run would segment with.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../run/atomic-file.js';

/** Of each head that may segment by its name: the cluster at every position of the scored images. */
export type Partitions = Readonly<Record<string, Uint8Array>>;

const FILE = 'partitions.json';

export function writePartitions(folder: string, partitions: Partitions): void {
  const encoded = Object.entries(partitions).map(([head, ids]) => [head, Buffer.from(ids).toString('base64')]);
  writeFileAtomic(join(folder, FILE), JSON.stringify(Object.fromEntries(encoded)));
}

/** @returns undefined where none were kept */
export function readPartitions(folder: string): Partitions | undefined {
  const file = join(folder, FILE);
  if (!existsSync(file)) return undefined;
  const encoded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(encoded).map(([head, ids]) => [head, new Uint8Array(Buffer.from(ids, 'base64'))]),
  );
}

/**
 * The consensus of each head of each run with the chosen heads of the other runs.
 *
 * @param runs - of one recipe on one dataset, all scored on the same images
 * @returns in the order of `runs`; NaN with a single run
 */
export function consensus(
  runs: readonly { readonly head: string; readonly partitions: Partitions }[],
): Record<string, number>[] {
  return runs.map(({ partitions }, run) => {
    const others = runs.flatMap((other, i) => (i === run ? [] : [other.partitions[other.head]]));
    const mean = (own: Uint8Array) =>
      others.reduce((sum, other) => sum + sharedInformation(own, other), 0) / others.length;
    return Object.fromEntries(Object.entries(partitions).map(([head, own]) => [head, mean(own)]));
  });
}

/**
 * I(A; B) / sqrt(H(A) H(B)) of two partitions of the same positions: 1 when equal but for names, 0 when independent or
 * when one of them has a single cluster.
 *
 * @throws RangeError when they are not of one length
 */
export function sharedInformation(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) {
    throw new RangeError(`sharedInformation: both must have as many positions, got ${a.length} and ${b.length}`);
  }
  const entropyOf = (keys: (position: number) => number) => {
    const counts = new Map<number, number>();
    for (let position = 0; position < a.length; position++) {
      const key = keys(position);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts.values()].reduce((sum, n) => sum - (n / a.length) * Math.log(n / a.length), 0);
  };
  const [own, other] = [entropyOf((i) => a[i]), entropyOf((i) => b[i])];
  if (own === 0 || other === 0) return 0;
  return Math.max(0, own + other - entropyOf((i) => 256 * a[i] + b[i])) / Math.sqrt(own * other);
}
