/**
 * RUN/tree.json: the tree over a run's overclusters, and where it is cut, or what classes a few clicks made of it.
 *
 * A run that is cut segments with the branches of its tree instead of a main head. Names belong to branches: they stay
 * through every cut, and show wherever their branch is whole.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { branchesAt, cutTree, type ClusterTree } from '@autoregseg/evaluation';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { writeFileAtomic } from '../run/atomic-file.js';
import { NO_EDITS, type ClusterEdits } from '../run/cluster-edits.js';
import type { HeadWeights } from '../training/set-head.js';

export interface RunTree {
  /** Of the checkpoint that it was made of; training that went on makes it stale. */
  readonly step: number;
  readonly tree: ClusterTree;
  /** The overclusters of the pass without a mask (distilled-head.ts); trees of early releases have none. */
  readonly taught?: HeadWeights;
  /** Clusters wanted. */
  readonly clusters: number;
  /** Of branches of any cut, by the branch's id. */
  readonly names: Readonly<Record<string, string>>;
  /** [leaves] class of each where clicks decide; the cut at `clusters` waits beneath. */
  readonly clicked?: ClickedClasses;
  /** What the user had said of the main head's clusters before the first cut. */
  readonly uncut: ClusterEdits;
}

/** Classes that a few labelled positions named. */
export interface ClickedClasses {
  readonly classes: readonly string[];
  /** [leaves] the class that each overcluster belongs to. */
  readonly ofLeaves: readonly number[];
}

const FILE = 'tree.json';

const count = z.int().min(0);
/** Numbers as the base64 of little-endian float32. */
const floats = z
  .base64()
  .transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
  .refine(({ length }) => length > 0 && length % 4 === 0, 'must be whole numbers of four bytes')
  .transform(({ buffer }) => new Float32Array(buffer))
  .refine((values) => values.every(Number.isFinite), 'must be finite');
const schema = z.object({
  step: count,
  tree: z
    .object({
      // A head has no more.
      leaves: z.int().min(1).max(255),
      information: z.number(),
      merges: z.array(z.object({ parts: z.tuple([count, count]), information: z.number() })),
    })
    .refine(isTree, 'must merge each branch once, after the two that it is made of'),
  taught: z.object({ kernel: floats, bias: floats }).optional(),
  clusters: z.int().min(1),
  names: z.record(z.string(), z.string()),
  clicked: z
    .object({ classes: z.array(z.string().min(1)).min(2).max(255), ofLeaves: z.array(count) })
    .refine(({ classes, ofLeaves }) => ofLeaves.every((id) => id < classes.length), 'must name only its own classes')
    .optional(),
  uncut: z.object({ names: z.record(z.string(), z.string()), merged: z.record(z.string(), count) }),
});

/**
 * @returns undefined when the run has none
 * @throws UserError when the file is there and is no tree
 */
export function readTree(run: string): RunTree | undefined {
  const file = join(run, FILE);
  if (!existsSync(file)) return undefined;
  try {
    const tree = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const { leaves } = tree.tree;
    const scores = tree.taught?.bias.length ?? leaves;
    if (scores !== leaves) throw new RangeError(`scores of ${scores} overclusters, not of ${leaves}`);
    if (tree.clusters > leaves) throw new RangeError(`${tree.clusters} clusters of ${leaves}`);
    const clicked = tree.clicked?.ofLeaves.length ?? leaves;
    if (clicked !== leaves) throw new RangeError(`classes of ${clicked} overclusters, not of ${leaves}`);
    return tree;
  } catch (error) {
    const fault = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : String(error);
    throw new UserError(`${file} cannot be used: ${fault.slice(0, 400)}. Delete it, and cut the run again.`);
  }
}

/** Whether merge m makes branch leaves + m of two branches that are whole by then, and no branch has two parents. */
function isTree({ leaves, merges }: Pick<ClusterTree, 'leaves' | 'merges'>): boolean {
  const parts = merges.flatMap(({ parts: [a, b] }) => [a, b]);
  const known = merges.every(({ parts: [a, b] }, merge) => Math.max(a, b) < leaves + merge);
  return merges.length === leaves - 1 && known && new Set(parts).size === parts.length;
}

export function writeTree(run: string, tree: RunTree): void {
  const text = JSON.stringify(tree, (_, value: unknown) => (value instanceof Float32Array ? base64(value) : value), 2);
  writeFileAtomic(join(run, FILE), `${text}\n`);
}

function base64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

export function removeTree(run: string): void {
  rmSync(join(run, FILE), { force: true });
}

/** How many clusters the run has now. */
export function clustersOf({ clusters, clicked }: RunTree): number {
  return clicked?.classes.length ?? clusters;
}

/** [overclusters], the cluster that each belongs to now. */
export function groupsOf({ tree, clusters, clicked }: RunTree): Int32Array {
  return clicked ? Int32Array.from(clicked.ofLeaves) : cutTree(tree, clusters);
}

/** The same tree cut elsewhere, remembering the names that the present cut's clusters have by now. */
export function recut(before: RunTree, present: ClusterEdits, clusters: number): RunTree {
  const { clicked: _, ...unclicked } = remembering(before, present);
  return { ...unclicked, clusters };
}

/** The same tree with the classes of clicks in place of a cut, remembering the names of the cut's clusters. */
export function withClicks(before: RunTree, present: ClusterEdits, clicked: ClickedClasses): RunTree {
  return { ...remembering(before, present), clicked };
}

/** Names of a cut's clusters, kept by branch; those of clicked classes are no branch's. */
function remembering(before: RunTree, present: ClusterEdits): RunTree {
  if (before.clicked) return before;
  const branches = branchesAt(before.tree, before.clusters);
  const kept = Object.entries(before.names).filter(([branch]) => !branches.includes(Number(branch)));
  const given = Object.entries(present.names).map(([cluster, name]) => [String(branches[Number(cluster)]), name]);
  return { ...before, names: Object.fromEntries([...kept, ...given]) };
}

/** What the user said of clusters, in the ids of this cut. */
export function editsOf({ tree, clusters, names, clicked }: RunTree): ClusterEdits {
  if (clicked) return { ...NO_EDITS, names: Object.fromEntries(clicked.classes.entries()) };
  const entries = branchesAt(tree, clusters).flatMap((branch, cluster) =>
    names[branch] === undefined ? [] : [[String(cluster), names[branch]]],
  );
  return { ...NO_EDITS, names: Object.fromEntries(entries) as Record<string, string> };
}
