/**
 * RUN/clusters.json: names that a person gave to clusters, and which clusters are one and the same to them.
 *
 * Training and scores know nothing of it; reports, masks, legends and exports do.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { ClusterMap } from '../pictures/cluster-map.js';
import { writeFileAtomic } from './atomic-file.js';

export interface ClusterEdits {
  /** Name of a cluster, by its id. */
  readonly names: Readonly<Record<string, string>>;
  /** The cluster that another one belongs to, by the other's id; never one that belongs to a third. */
  readonly merged: Readonly<Record<string, number>>;
}

const FILE = 'clusters.json';
const id = z.string().regex(/^(0|[1-9]\d{0,2})$/);
/** A name that people read in legends. */
export const clusterName = z.string().trim().min(1).max(80);

const schema = z.strictObject({
  names: z.record(id, clusterName),
  merged: z.record(id, z.number().int().min(0)),
});

export const NO_EDITS: ClusterEdits = { names: {}, merged: {} };

/** @throws UserError when the file is there and is not what `checkClusterEdits` accepts */
export function readClusterEdits(run: string, clusters: number): ClusterEdits {
  const file = join(run, FILE);
  if (!existsSync(file)) return NO_EDITS;
  try {
    return checkClusterEdits(JSON.parse(readFileSync(file, 'utf8')), clusters);
  } catch (error) {
    throw new UserError(`${file} cannot be used: ${(error as Error).message}. Mend it, or delete it to start anew.`);
  }
}

/** @throws UserError as `checkClusterEdits` does */
export function writeClusterEdits(run: string, edits: unknown, clusters: number): ClusterEdits {
  const checked = checkClusterEdits(edits, clusters);
  writeFileAtomic(join(run, FILE), `${JSON.stringify(checked, null, 2)}\n`);
  return checked;
}

/**
 * @throws UserError when ids are not among the clusters, a name is empty or too long, or a cluster belongs to one that
 * belongs to another
 */
export function checkClusterEdits(edits: unknown, clusters: number): ClusterEdits {
  const parsed = schema.safeParse(edits);
  if (!parsed.success) throw new UserError(`names and merged clusters have faults: ${z.prettifyError(parsed.error)}`);
  const { names, merged } = parsed.data;
  const ids = [...Object.keys(names), ...Object.keys(merged), ...Object.values(merged)].map(Number);
  const unknown = ids.find((cluster) => cluster >= clusters);
  if (unknown !== undefined)
    throw new UserError(`there are ${clusters} clusters, 0 to ${clusters - 1}, got ${unknown}`);
  const chained = Object.entries(merged).find(([from, to]) => Number(from) === to || String(to) in merged);
  if (chained) throw new UserError(`cluster ${chained[0]} belongs to ${chained[1]}, which must belong to no other`);
  return parsed.data;
}

/** The map as it is shown: a merged cluster has the id of the one it belongs to. */
export function mergeClusters({ shape, data }: ClusterMap, edits: ClusterEdits): ClusterMap {
  if (Object.keys(edits.merged).length === 0) return { shape, data };
  return { shape, data: data.map((cluster) => edits.merged[cluster] ?? cluster) };
}

/** [K] pixels of each cluster as it is shown; none are left of a merged one. */
export function mergeCounts(pixels: Float64Array, edits: ClusterEdits): Float64Array {
  const shown = new Float64Array(pixels.length);
  pixels.forEach((count, cluster) => (shown[edits.merged[cluster] ?? cluster] += count));
  return shown;
}

/** What people read beside a cluster's colour: its name, or what it counts as. */
export function clusterLabel({ names, merged }: ClusterEdits, cluster: number): string | undefined {
  const into = merged[cluster];
  if (into === undefined) return names[cluster];
  return `counts as ${names[into] === undefined ? into : `${into} · ${names[into]}`}`;
}
