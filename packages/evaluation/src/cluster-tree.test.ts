import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { describe, expect, it } from 'vitest';
import { branchesAt, clusterTree, cutTree, informationCurve, leavesOf } from './cluster-tree.js';

/** I(P) by its definition, after summing P over a cut. */
function informationOfCut(joint: readonly number[], cut: ArrayLike<number>): number {
  const leaves = cut.length;
  const clusters = Math.max(...Array.from(cut)) + 1;
  const total = joint.reduce((sum, value) => sum + value, 0);
  const table = Array.from({ length: clusters }, () => Array.from({ length: clusters }, () => 0));
  for (let k = 0; k < leaves; k++) {
    for (let l = 0; l < leaves; l++) {
      table[cut[k]][cut[l]] += (joint[k * leaves + l] + joint[l * leaves + k]) / (2 * total);
    }
  }
  const marginal = table.map((row) => row.reduce((sum, value) => sum + value, 0));
  let information = 0;
  table.forEach((row, k) =>
    row.forEach((p, l) => {
      if (p > 0) information += p * Math.log(p / (marginal[k] * marginal[l]));
    }),
  );
  return information;
}

function randomJoint(leaves: number, seed: number): number[] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: leaves * leaves }, (_, i) =>
    i % (leaves + 1) === 0 ? 3 * uniformFloat64(random) : uniformFloat64(random) ** 4,
  );
}

describe('clusterTree: value', () => {
  it('merges what nothing tells apart first, at no loss', () => {
    const { merges, information } = clusterTree([4, 4, 0, 4, 4, 0, 0, 0, 16]);
    expect(merges[0].parts).toEqual([0, 1]);
    expect(merges[0].information).toBeCloseTo(Math.log(2), 12); // two halves that never meet
    expect(information).toBeCloseTo(Math.log(2), 12);
    expect(merges[1]).toEqual({ parts: [3, 2], information: 0 });
  });

  it('holds, after each merge, the information of the summed table, and no other merge would have left more', () => {
    const leaves = 6;
    const joint = randomJoint(leaves, 5);
    const tree = clusterTree(joint);
    const curve = informationCurve(tree);
    for (let clusters = leaves; clusters > 1; clusters--) {
      const cut = cutTree(tree, clusters);
      expect(curve[clusters - 1]).toBeCloseTo(informationOfCut(joint, cut), 10);
      const next = informationOfCut(joint, cutTree(tree, clusters - 1));
      for (let i = 0; i < clusters; i++) {
        for (let j = i + 1; j < clusters; j++) {
          // j joins i, and the last cluster takes j's number
          const other = Array.from(cut, (id) => (id === j ? i : id)).map((id) => (id === clusters - 1 ? j : id));
          if (j === clusters - 1) other.forEach((id, leaf) => (other[leaf] = id === j ? i : id));
          expect(informationOfCut(joint, other)).toBeLessThanOrEqual(next + 1e-12);
        }
      }
    }
    expect(curve[0]).toBeCloseTo(0, 12);
  });

  it('is the information within groups where each has a table, weighed by their totals', () => {
    const groups = [randomJoint(5, 1), randomJoint(5, 2).map((value) => 3 * value)];
    const totals = groups.map((joint) => joint.reduce((sum, value) => sum + value, 0));
    const whole = totals[0] + totals[1];
    const within = (cut: ArrayLike<number>) =>
      groups.reduce((sum, joint, g) => sum + (totals[g] / whole) * informationOfCut(joint, cut), 0);
    const tree = clusterTree(...groups);
    informationCurve(tree).forEach((information, i) =>
      expect(information).toBeCloseTo(within(cutTree(tree, i + 1)), 10),
    );
  });

  it('does not hold apart what only tells one group from another', () => {
    // Of each group one of the clusters 0 and 1 is all of the first half; cluster 2 is the other half of both.
    const [dusk, day] = [[1, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0, 0, 0, 1]]; // prettier-ignore
    const merged = clusterTree(dusk, day).merges[0];
    expect(merged).toEqual({ parts: [0, 1], information: expect.closeTo(Math.log(2), 12) });
    const together = clusterTree(dusk.map((value, i) => value + day[i]));
    expect(together.merges[0].information).toBeLessThan(together.information - 0.1);
  });

  it('is nested: a coarser cut never parts what a finer one holds together', () => {
    const tree = clusterTree(randomJoint(9, 7));
    for (let clusters = 9; clusters > 1; clusters--) {
      const [fine, coarse] = [cutTree(tree, clusters), cutTree(tree, clusters - 1)];
      const above = new Map<number, number>();
      fine.forEach((id, leaf) => {
        expect(above.get(id) ?? coarse[leaf]).toBe(coarse[leaf]);
        above.set(id, coarse[leaf]);
      });
    }
  });

  it('keeps the id of a branch in every cut that it is part of', () => {
    const tree = clusterTree([4, 4, 0, 4, 4, 0, 0, 0, 16]);
    expect([branchesAt(tree, 3), branchesAt(tree, 2), branchesAt(tree, 1)]).toEqual([[0, 1, 2], [3, 2], [4]]);
    expect(leavesOf(tree, 3)).toEqual([0, 1]);
    expect(cutTree(tree, 2)).toEqual(Int32Array.of(0, 0, 1));
  });

  it('does not mind unused clusters', () => {
    const tree = clusterTree([1, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(tree.merges[0].information).toBeCloseTo(Math.log(2), 12);
    expect(tree.merges[0].parts).toContain(1);
  });
});

describe('clusterTree: error', () => {
  it('refuses what is no joint distribution', () => {
    expect(() => clusterTree([1, 2, 3])).toThrow('clusterTree: joint must be a square table, got 3 numbers');
    expect(() => clusterTree([1, 0, -1, 1])).toThrow('clusterTree: joint must not be negative, got -1 at index 2');
    expect(() => clusterTree()).toThrow('clusterTree: there must be a joint distribution, got none');
    expect(() => clusterTree([1], [1, 0, 0, 1])).toThrow(
      'clusterTree: all tables must be as large as the first, 1, got 4 numbers',
    );
    expect(() => clusterTree([0])).toThrow('clusterTree: joint must hold something, got zeros only');
  });

  it('refuses a cut that the tree does not have', () => {
    expect(() => cutTree(clusterTree([1]), 2)).toThrow(
      "cutTree: clusters must be an integer from 1 to the tree's 1 leaves, got 2",
    );
  });
});
