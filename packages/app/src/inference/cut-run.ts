/** Cuts a run at any number of clusters, without training: the tree over its overclusters, and where to cut it. */
import { clusterTree, informationCurve, type ClusterTree } from '@autoregseg/evaluation';
import { openDataset } from '@autoregseg/data';
import { RASTER_ORDERINGS } from '@autoregseg/orderings';
import { UserError } from '../errors.js';
import { readClusterEdits, writeClusterEdits } from '../run/cluster-edits.js';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { headMaps } from './head-maps.js';
import { loadUncutRun, type LoadedRun } from './model.js';
import { OrderingTally } from './ordering-tally.js';
import { editsOf, readTree, recut, removeTree, writeTree, type RunTree } from './tree-cut.js';

/** Training images that the joint distribution is counted on, at most. */
const IMAGES = 100;

/** A merge that loses less than this share of all information tells nothing about how many clusters there are. */
const WORTH_TELLING = 0.05;

/** Fewest clusters that `auto` gives: the first split is the costliest to undo in almost any set of images. */
const FEWEST = 3;

export interface CutOutcome {
  readonly clusters: number;
  /** Information at 1, 2, ... clusters, nats. */
  readonly curve: readonly number[];
}

/**
 * Makes the run's tree where it has none, and cuts it; names given to clusters stay with their branch.
 *
 * @throws UserError when the run has no overclustering head, or fewer overclusters than clusters are wanted
 */
export async function cutRun(path: string, wanted: number | 'auto'): Promise<CutOutcome> {
  const loaded = loadUncutRun(path);
  try {
    const known = readTree(path);
    const before = known?.step === loaded.step ? known : await startedTree(path, loaded);
    const { leaves } = before.tree;
    const clusters = wanted === 'auto' ? suggestedClusters(before.tree) : wanted;
    if (clusters > leaves) {
      throw new UserError(`tree: ${path} has ${leaves} overclusters, and cannot be cut into ${clusters}.`);
    }
    const after = recut(before, before === known ? readClusterEdits(path, before.clusters) : editsOf(before), clusters);
    writeTree(path, after);
    writeClusterEdits(path, editsOf(after), clusters);
    return { clusters, curve: informationCurve(after.tree) };
  } finally {
    loaded.model.network.dispose();
  }
}

/** Back to the main head, and to the names that its clusters had. */
export function uncutRun(path: string, clusters: number): void {
  const tree = readTree(path);
  if (!tree) return;
  removeTree(path);
  writeClusterEdits(path, tree.uncut, clusters);
}

/**
 * The number of clusters at which one merge fewer costs most, compared with the merge before it.
 *
 *   the K that maximises (I(K) - I(K - 1)) / (I(K + 1) - I(K)),  K >= 3, I(K) - I(K - 1) >= 5 % of I(leaves)
 */
export function suggestedClusters(tree: ClusterTree): number {
  const curve = informationCurve(tree);
  const gain = (clusters: number) => curve[clusters - 1] - curve[clusters - 2];
  let best = { clusters: Math.min(FEWEST, tree.leaves), ratio: 0 };
  for (let clusters = FEWEST; clusters < tree.leaves; clusters++) {
    if (gain(clusters) < WORTH_TELLING * tree.information) break;
    // A merge that costs nothing must not make the ratio infinite.
    const ratio = gain(clusters) / Math.max(gain(clusters + 1), 1e-3);
    if (ratio > best.ratio) best = { clusters, ratio };
  }
  return best.clusters;
}

async function startedTree(path: string, { model, run, step }: LoadedRun): Promise<RunTree> {
  const { overclusters } = run.config;
  if (model.network.config.heads[OVERCLUSTERING_HEAD] === undefined) {
    throw new UserError(`tree: ${path} was trained without overclusters. Train with --overclusters 24, say.`);
  }
  const tally = new OrderingTally(RASTER_ORDERINGS.length, overclusters);
  let images = 0;
  for await (const sample of openDataset(run.dataset)) {
    const seen = model.featuresOf ? await model.featuresOf(sample) : sample.image;
    tally.add(headMaps(model, seen)[OVERCLUSTERING_HEAD].orderings);
    if (++images === IMAGES) break;
  }
  const tree = clusterTree(tally.jointDistribution());
  return { step, tree, clusters: overclusters, names: {}, uncut: readClusterEdits(path, model.clusters) };
}
