/** legend.json: colour, name and share of each cluster, beside masks. */
import { join } from 'node:path';
import { legendEntries, type LegendLine } from '../pictures/legend.js';
import { writeFileAtomic } from './atomic-file.js';
import { clusterLabel, mergeCounts, type ClusterEdits } from './cluster-edits.js';

/** @param clusterPixels - [K] of each cluster as the network gives it, before merges */
export function writeLegendFile(folder: string, clusterPixels: Float64Array, edits: ClusterEdits): void {
  writeLegendEntries(folder, legendClusters(clusterPixels, edits));
}

export function writeLegendEntries(folder: string, clusters: readonly LegendLine[]): void {
  writeFileAtomic(join(folder, 'legend.json'), `${JSON.stringify(legendEntries(clusters), null, 2)}\n`);
}

/** One line for each cluster 0..K-1; a merged one has no pixels left and says what it counts as. */
export function legendClusters(clusterPixels: Float64Array, edits: ClusterEdits): LegendLine[] {
  const pixels = mergeCounts(clusterPixels, edits);
  const total = pixels.reduce((sum, count) => sum + count, 0) || 1;
  return Array.from(pixels, (count, id) => ({
    id,
    name: clusterLabel(edits, id),
    mergedInto: edits.merged[id],
    share: count / total,
  }));
}
