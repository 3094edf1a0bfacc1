/**
 * Another partition out of a finished run, without training: the tree over its overclusters, cut at any number of clusters
 * or made into the classes of a few clicks. The first time the overclusters are taught to the pass without a mask.
 */
import { informationCurve, type ClusterTree } from '@autoregseg/evaluation';
import { openDataset, type Dataset, type DatasetSpec } from '@autoregseg/data';
import { closest } from 'fastest-levenshtein';
import { UserError } from '../errors.js';
import { openTrainingData } from '../features/feature-training.js';
import { readClusterEdits, writeClusterEdits, type ClusterEdits } from '../run/cluster-edits.js';
import { distil } from '../training/distilled-head.js';
import { OVERCLUSTERING_HEAD } from '../training/heads.js';
import { setHead } from '../training/set-head.js';
import type { Click } from './clicks.js';
import { headMaps } from './head-maps.js';
import { loadUncutRun, type LoadedRun } from './model.js';
import { overclusterTree } from './overcluster-tree.js';
import { networkInput } from './segmenter.js';
import { clustersOf, editsOf, readTree, recut, removeTree, withClicks, writeTree, type RunTree } from './tree-cut.js';

/** A merge that loses less than this share of all information tells nothing about how many clusters there are. */
const WORTH_TELLING = 0.05;

/** Fewest clusters that `auto` gives: the first split is the costliest to undo in almost any set of images. */
const FEWEST = 3;

export interface CutOutcome {
  readonly clusters: number;
  /** Information at 1, 2, ... clusters, nats. */
  readonly curve: readonly number[];
}

export interface CutOptions {
  /** Told before the work that only the first cut of a run takes: about a minute. */
  readonly onFirst?: () => void;
}

/**
 * Makes the run's tree where it has none, and cuts it; names given to clusters stay with their branch.
 *
 * @throws UserError when the run has no overclustering head, or fewer overclusters than clusters are wanted
 */
export async function cutRun(path: string, wanted: number | 'auto', options: CutOptions = {}): Promise<CutOutcome> {
  return changeTree(path, options, (before, present) => {
    const { leaves } = before.tree;
    const clusters = wanted === 'auto' ? suggestedClusters(before.tree) : wanted;
    if (clusters > leaves) {
      throw new UserError(`tree: ${path} has ${leaves} overclusters, and cannot be cut into ${clusters}.`);
    }
    return recut(before, present, clusters);
  });
}

/**
 * Makes the run's tree where it has none, and gives each overcluster to a class: the one at whose clicks it is most
 * probable on average. Classes are numbered in the order of the clicks.
 *
 * @throws UserError when the run has no overclustering head, or a click is on no image of its dataset
 */
export async function cutRunByClicks(
  path: string,
  clicks: readonly Click[],
  options: CutOptions = {},
): Promise<CutOutcome> {
  return changeTree(path, options, async (before, present, loaded) => {
    const classes = [...new Set(clicks.map((click) => click.class))];
    const probabilities = await overclustersAt(clicks, loaded);
    const meanOf = (name: string, leaf: number) => {
      const own = probabilities.filter((_, i) => clicks[i].class === name);
      return own.reduce((sum, probs) => sum + probs[leaf], 0) / own.length;
    };
    const ofLeaves = Array.from({ length: before.tree.leaves }, (_, leaf) => {
      const means = classes.map((name) => meanOf(name, leaf));
      return means.indexOf(Math.max(...means));
    });
    return withClicks(before, present, { classes, ofLeaves });
  });
}

type TaughtTree = RunTree & Required<Pick<RunTree, 'taught'>>;

function isTaught(tree: RunTree | undefined): tree is TaughtTree {
  return tree?.taught !== undefined;
}

/** Writes what `change` makes of the run's tree, and the names that then belong to its clusters. */
async function changeTree(
  path: string,
  { onFirst }: CutOptions,
  change: (before: RunTree, present: ClusterEdits, loaded: LoadedRun) => RunTree | Promise<RunTree>,
): Promise<CutOutcome> {
  const loaded = loadUncutRun(path);
  try {
    const found = readTree(path);
    const known = found?.step === loaded.step ? found : undefined;
    const before = isTaught(known) ? known : await taughtTree(path, loaded, { known, onFirst });
    const present = known ? readClusterEdits(path, clustersOf(known)) : editsOf(before);
    await setHead(loaded.model.network, OVERCLUSTERING_HEAD, before.taught);
    const after = await change(before, present, loaded);
    const clusters = clustersOf(after);
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

/** Probabilities of the overclusters, [leaves], at the position of each click. */
async function overclustersAt(clicks: readonly Click[], { model, run }: LoadedRun): Promise<Float32Array[]> {
  const dataset = openDataset(atOwnSize(run.dataset));
  const found: Float32Array[] = [];
  for (const click of clicks) {
    const sample = await dataset.get(imageOf(click, dataset.ids));
    const [height, width] = sample.image.shape;
    const { image, x, y } = click;
    if (x >= width || y >= height) {
      throw new UserError(`tree: ${image} is ${width} pixels wide and ${height} high, and has none at x ${x}, y ${y}.`);
    }
    const seen = await networkInput(model, sample);
    const { unmasked, clusters, ...grid } = (await headMaps(model, seen))[OVERCLUSTERING_HEAD];
    const position = Math.floor((y * grid.height) / height) * grid.width + Math.floor((x * grid.width) / width);
    found.push(unmasked.slice(position * clusters, (position + 1) * clusters));
  }
  return found;
}

/** Clicks are on images as they lie on disk, at whatever size the network sees them. */
function atOwnSize(spec: DatasetSpec): DatasetSpec {
  return spec.dataset === 'folder' ? { ...spec, size: undefined, longSide: undefined } : spec;
}

/** Index of a click's image, whose id may be written with the extension of its file. */
function imageOf({ image }: Click, ids: readonly string[]): number {
  const index = [image, image.replace(/\.[^./]+$/, '')].map((id) => ids.indexOf(id)).find((at) => at >= 0);
  if (index !== undefined) return index;
  throw new UserError(`tree: the run's images have none named ${image}. Did you mean ${closest(image, [...ids])}?`);
}

/** The run's tree, made where it is not known, and its overclusters, taught to the pass without a mask. */
async function taughtTree(
  path: string,
  loaded: LoadedRun,
  { known, onFirst }: CutOptions & { readonly known?: RunTree },
): Promise<TaughtTree> {
  const { model, run } = loaded;
  if (model.network.config.heads[OVERCLUSTERING_HEAD] === undefined) {
    throw new UserError(`tree: ${path} was trained without overclusters. Train with --overclusters 24, say.`);
  }
  onFirst?.();
  const dataset = await openTrainingData(run, path);
  const tree = known ?? (await startedTree(path, loaded, dataset));
  const overclusters = { ...model, head: OVERCLUSTERING_HEAD, clusters: run.config.overclusters, groups: undefined };
  return { ...tree, taught: await distil(overclusters, dataset, run.config) };
}

async function startedTree(path: string, { model, run, step }: LoadedRun, dataset: Dataset): Promise<RunTree> {
  const { overclusters, lightGroups } = run.config;
  const tree = await overclusterTree(model, dataset, lightGroups);
  return { step, tree, clusters: overclusters, names: {}, uncut: readClusterEdits(path, model.clusters) };
}
