/**
 * A tree over many clusters: the two whose merging loses least information are merged, again and again [1].
 *
 * The joint distribution P[k,l] says how often cluster k in one view meets cluster l in another. Merging i and j adds their
 * rows and their columns; the information I(P) falls by what telling them apart was worth. Clusters that one view mixes up
 * with each other, or that hold next to nothing, go first. Once made, the tree can be cut at any number of clusters.
 *
 * Of groups of images each with a table of its own, I is the information within them, sum_g P_g I(P / P_g): that a cluster
 * tells which group an image is of, such as those taken at dusk, does not keep it apart.
 *
 * [1] Slonim, Tishby. Agglomerative Information Bottleneck. NIPS 1999.
 * Differs from [1]: rows and columns are the same clusters, and are merged together.
 */

/** One merge, from the finest clusters up. */
export interface ClusterMerge {
  /** The two that become one: ids of leaves (0..K-1), or K + m for what merge m made. */
  readonly parts: readonly [number, number];
  /** Information left after it, nats. */
  readonly information: number;
}

export interface ClusterTree {
  /** K of the finest cut. */
  readonly leaves: number;
  /** Information of all leaves, nats. */
  readonly information: number;
  /** leaves - 1 merges; the first loses least. */
  readonly merges: readonly ClusterMerge[];
}

/**
 * The tree of a joint distribution, or of those of groups of images.
 *
 * @param joints - each [K * K], not negative, of any total, which is the group's weight; made symmetric here
 * @throws RangeError when there is none, one is no square table, they differ in size, one is negative somewhere, or all are
 * zero everywhere
 * @example clusterTree([4, 4, 0, 4, 4, 0, 0, 0, 8]).merges[0].parts; // [0, 1]: nothing tells them apart
 * @see [1]
 */
export function clusterTree(...joints: ArrayLike<number>[]): ClusterTree {
  const tables = normalised(joints);
  const leaves = tables[0].length;
  const ids = tables[0].map((_, id) => id);
  const merges: ClusterMerge[] = [];
  const information = sumOver(tables, informationOf);
  let left = information;
  while (ids.length > 1) {
    const { i, j, loss } = cheapestMerge(tables);
    left = Math.max(0, left - loss);
    merges.push({ parts: [ids[i], ids[j]], information: left });
    for (const table of tables) mergeInto(table, i, j);
    ids[i] = leaves + merges.length - 1;
    ids.splice(j, 1);
  }
  return { leaves, information, merges };
}

/**
 * The tree cut at K clusters: which cluster of the cut each leaf belongs to.
 *
 * @returns [leaves], 0..K-1, numbered in the order of each cluster's first leaf
 * @throws RangeError when K is not from 1 to the number of leaves
 */
export function cutTree(tree: ClusterTree, clusters: number): Int32Array {
  const branches = branchesAt(tree, clusters);
  const cut = new Int32Array(tree.leaves);
  branches.forEach((branch, id) => leavesOf(tree, branch).forEach((leaf) => (cut[leaf] = id)));
  return cut;
}

/**
 * Ids of the branches that a cut at K consists of, in the order of their first leaf: the ids of `ClusterMerge`.
 *
 * A branch keeps its id in every cut that it is part of, so what is written to an id, such as a name, stays with it.
 */
export function branchesAt({ leaves, merges }: ClusterTree, clusters: number): number[] {
  if (!Number.isInteger(clusters) || clusters < 1 || clusters > leaves) {
    throw new RangeError(`cutTree: clusters must be an integer from 1 to the tree's ${leaves} leaves, got ${clusters}`);
  }
  const tree = { leaves, merges };
  const alive = new Set(Array.from({ length: leaves }, (_, id) => id));
  merges.slice(0, leaves - clusters).forEach(({ parts }, m) => {
    parts.forEach((part) => alive.delete(part));
    alive.add(leaves + m);
  });
  return [...alive].sort((a, b) => firstLeaf(tree, a) - firstLeaf(tree, b));
}

/** The leaves below a branch, ascending. */
export function leavesOf(tree: Pick<ClusterTree, 'leaves' | 'merges'>, branch: number): number[] {
  if (branch < tree.leaves) return [branch];
  const { parts } = tree.merges[branch - tree.leaves];
  return parts.flatMap((part) => leavesOf(tree, part)).sort((a, b) => a - b);
}

/** Information at each number of clusters: [K - 1] is that of K, nats; never falls as K grows. */
export function informationCurve({ leaves, information, merges }: ClusterTree): number[] {
  return Array.from({ length: leaves }, (_, i) =>
    i + 1 === leaves ? information : merges[leaves - i - 2].information,
  );
}

function firstLeaf(tree: Pick<ClusterTree, 'leaves' | 'merges'>, branch: number): number {
  return leavesOf(tree, branch)[0];
}

/** (P + P^T) / 2 of each, divided by the sum of all, as rows. */
function normalised(joints: readonly ArrayLike<number>[]): number[][][] {
  if (joints.length === 0) throw new RangeError('clusterTree: there must be a joint distribution, got none');
  const [{ length }] = joints;
  const clusters = Math.round(Math.sqrt(length));
  if (length === 0 || clusters ** 2 !== length) {
    throw new RangeError(`clusterTree: joint must be a square table, got ${length} numbers`);
  }
  for (const joint of joints) checkTable(joint, length);
  const total = sumOver(joints, (joint) => sumOver(Array.from(joint), Number));
  if (total === 0) throw new RangeError('clusterTree: joint must hold something, got zeros only');
  const range = Array.from({ length: clusters }, (_, k) => k);
  return joints.map((joint) =>
    range.map((k) => range.map((l) => (joint[k * clusters + l] + joint[l * clusters + k]) / (2 * total))),
  );
}

function checkTable(joint: ArrayLike<number>, length: number): void {
  if (joint.length !== length) {
    throw new RangeError(
      `clusterTree: all tables must be as large as the first, ${length}, got ${joint.length} numbers`,
    );
  }
  const values = Array.from(joint);
  const fault = values.findIndex((value) => !(value >= 0 && value < Infinity));
  if (fault !== -1)
    throw new RangeError(`clusterTree: joint must not be negative, got ${values[fault]} at index ${fault}`);
}

function sumOver<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** x log x, 0 at 0. */
function xLogX(x: number): number {
  return x > 0 ? x * Math.log(x) : 0;
}

/** sum P log P - 2 sum m log m + t log t, m = the marginal of the symmetric P, t = its total. */
function informationOf(table: readonly number[][]): number {
  const marginals = marginalsOf(table);
  const total = sumOver(marginals, Number);
  return sumOver(table, (row) => sumOver(row, xLogX)) - 2 * sumOver(marginals, xLogX) + xLogX(total);
}

function marginalsOf(table: readonly number[][]): number[] {
  return table.map((row) => sumOver(row, Number));
}

/** The pair of least loss over all tables; of equal ones the first. */
function cheapestMerge(tables: readonly number[][][]): {
  readonly i: number;
  readonly j: number;
  readonly loss: number;
} {
  const groups = tables.map((table) => ({ table, marginals: marginalsOf(table) }));
  const clusters = tables[0].length;
  let best = { i: 0, j: 1, loss: Infinity };
  for (let i = 0; i < clusters; i++) {
    for (let j = i + 1; j < clusters; j++) {
      const loss = sumOver(groups, ({ table, marginals }) => lossOf(table, marginals, i, j));
      if (loss < best.loss) best = { i, j, loss };
    }
  }
  return best;
}

/** I before minus I after merging i and j: only their rows, columns and marginals change. */
function lossOf(table: readonly number[][], marginals: readonly number[], i: number, j: number): number {
  let loss = 2 * (xLogX(marginals[i] + marginals[j]) - xLogX(marginals[i]) - xLogX(marginals[j]));
  for (let k = 0; k < table.length; k++) {
    if (k === i || k === j) continue;
    loss += 2 * (xLogX(table[i][k]) + xLogX(table[j][k]) - xLogX(table[i][k] + table[j][k]));
  }
  const [own, shared] = [xLogX(table[i][i]) + xLogX(table[j][j]), 2 * xLogX(table[i][j])];
  return loss + own + shared - xLogX(table[i][i] + table[j][j] + 2 * table[i][j]);
}

function mergeInto(table: number[][], i: number, j: number): void {
  for (const row of table) {
    row[i] += row[j];
    row.splice(j, 1);
  }
  const merged = table[i].map((value, k) => value + table[j][k]);
  table[i] = merged;
  table.splice(j, 1);
}
