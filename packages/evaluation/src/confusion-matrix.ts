/**
 * How many pixels of each class fell into each cluster.
 *
 *              class 0   class 1
 *   cluster 0     90         5          counts[cluster * classes + class]
 *   cluster 1      2        70
 *   cluster 2      8        30
 */

/** Any list of small integers: a typed array is fast, an array is fine. */
export type Ids = ArrayLike<number>;

/** Pixel counts by cluster (row) and class (column); clusters and classes may differ in number. */
export class ConfusionMatrix {
  readonly clusters: number;
  readonly classes: number;
  /** [clusters * classes], row = cluster; exact up to 2^53 pixels. */
  readonly counts: Float64Array;

  /** @throws RangeError when a number is not a positive integer */
  constructor(clusters: number, classes: number) {
    if (![clusters, classes].every((size) => Number.isInteger(size) && size > 0)) {
      throw new RangeError(
        `ConfusionMatrix: clusters and classes must be positive integers, got ${clusters} and ${classes}`,
      );
    }
    this.clusters = clusters;
    this.classes = classes;
    this.counts = new Float64Array(clusters * classes);
  }

  /** Pixels counted so far. */
  get pixels(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * Counts the pixels of an image, or of part of one.
   *
   * @param clusterIds - cluster of each pixel, 0 to clusters - 1
   * @param classIds - class of each pixel, 0 to classes - 1, or ignoreId
   * @param ignoreId - the class id of pixels that are not counted; their cluster may be anything
   * @throws RangeError when lengths differ or an id is out of range; then nothing of this call is counted
   * @example new ConfusionMatrix(2, 2).add([0, 0, 1], [1, 255, 0], 255).pixels; // 2
   */
  add(clusterIds: Ids, classIds: Ids, ignoreId?: number): this {
    const { clusters, classes, counts } = this;
    if (clusterIds.length !== classIds.length) {
      throw new RangeError(
        `ConfusionMatrix.add: clusterIds and classIds must have one length, got ${clusterIds.length} and ${classIds.length}`,
      );
    }
    const table = { clusters, classes, ignoreId, cells: twoTables(counts.length) };
    const bad = countPairs(clusterIds, classIds, table);
    if (bad >= 0) throw outOfRange(clusterIds[bad], clusters, classIds[bad], classes, bad);
    const [even, odd] = table.cells;
    even.forEach((count, cell) => {
      if (cell % classes !== ignoreId) counts[cell] += count + odd[cell];
    });
    return this;
  }

  /**
   * Adds the counts of another matrix of the same size.
   *
   * @throws RangeError when the sizes differ
   */
  merge(other: ConfusionMatrix): this {
    if (other.clusters !== this.clusters || other.classes !== this.classes) {
      throw new RangeError(
        `ConfusionMatrix.merge: sizes must be equal, got ${this.clusters} x ${this.classes} and ` +
          `${other.clusters} x ${other.classes}`,
      );
    }
    other.counts.forEach((count, cell) => (this.counts[cell] += count));
    return this;
  }

  /** One array for each cluster; what JSON.stringify writes. */
  toJSON(): number[][] {
    const { clusters, classes, counts } = this;
    return Array.from({ length: clusters }, (_, cluster) => [
      ...counts.subarray(cluster * classes, (cluster + 1) * classes),
    ]);
  }
}

interface PairTable extends Pick<ConfusionMatrix, 'clusters' | 'classes'> {
  readonly ignoreId: number | undefined;
  /** Counts of the pixels at even and at odd indices: neighbours, mostly of one cell, do not wait for one another. */
  readonly cells: readonly [even: Uint32Array, odd: Uint32Array];
}

function twoTables(size: number): PairTable['cells'] {
  return [new Uint32Array(size), new Uint32Array(size)];
}

/**
 * Counts all pairs; those of the ignored class too, where it is one of the classes.
 *
 * @returns index of the first pair with an id out of range; -1: there is none
 */
function countPairs(clusterIds: Ids, classIds: Ids, table: PairTable): number {
  const plain = (ids: Ids) => ids instanceof Int32Array || ids instanceof Uint8Array;
  // Of integers nothing but the range needs a look, and the compiler sees to two kinds of loop.
  if (plain(clusterIds) && plain(classIds)) return countIntegers(clusterIds, classIds, table);
  const { clusters, classes, ignoreId, cells } = table;
  for (let index = 0; index < clusterIds.length; index++) {
    const [cluster, classId] = [clusterIds[index], classIds[index]];
    if (isId(cluster, clusters) && isId(classId, classes)) cells[index & 1][cluster * classes + classId]++;
    else if (classId !== ignoreId) return index;
  }
  return -1;
}

function countIntegers(clusterIds: Ids, classIds: Ids, { clusters, classes, ignoreId, cells }: PairTable): number {
  const [even, odd] = cells;
  const { length } = clusterIds;
  for (let index = 0; index < length; index += 2) {
    const cluster = clusterIds[index];
    const classId = classIds[index];
    // Negative ones are very large when seen as unsigned.
    if (cluster >>> 0 < clusters && classId >>> 0 < classes) even[cluster * classes + classId]++;
    else if (classId !== ignoreId) return index;
    const next = index + 1;
    if (next === length) break;
    const nextCluster = clusterIds[next];
    const nextClassId = classIds[next];
    if (nextCluster >>> 0 < clusters && nextClassId >>> 0 < classes) odd[nextCluster * classes + nextClassId]++;
    else if (nextClassId !== ignoreId) return next;
  }
  return -1;
}

function isId(id: number, size: number): boolean {
  return id >= 0 && id < size && (id | 0) === id;
}

function outOfRange(cluster: number, clusters: number, classId: number, classes: number, index: number): RangeError {
  const [kind, id, size] = isId(cluster, clusters) ? ['class', classId, classes] : ['cluster', cluster, clusters];
  return new RangeError(
    `ConfusionMatrix.add: ${kind} id must be an integer from 0 to ${Number(size) - 1}, got ${id} at index ${index}`,
  );
}
