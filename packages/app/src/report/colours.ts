/** Colours and names in one place: clusters keep the run's palette, each class takes the colour of a cluster. */
import type { ClusterMap } from '../pictures/cluster-map.js';
import { hexOf, PALETTE_SIZE, paletteRgb } from '../pictures/palette.js';
import type { Rgb } from '../pictures/colour-vision.js';
import type { ReportEvaluation, RunReport } from './run-report.js';

/**
 * [classes] The cluster whose colour each class is drawn in: of the clusters matched to it, the one with most of its
 * pixels. A class without a cluster takes a colour that no cluster has.
 */
export function clusterOfClass({ classes, matching, confusion }: ReportEvaluation): number[] {
  const clusters = matching.length;
  let unmatched = clusters;
  return classes.map((_, klass) => {
    const matched = Array.from({ length: clusters }, (_, cluster) => cluster).filter((k) => matching[k] === klass);
    const pixels = (cluster: number) => confusion[cluster * classes.length + klass];
    matched.sort((a, b) => pixels(b) - pixels(a) || a - b);
    return matched[0] ?? unmatched++;
  });
}

/** [classes] */
export function classColours(evaluation: ReportEvaluation): Rgb[] {
  return clusterOfClass(evaluation).map((cluster) => paletteRgb(cluster + 1)[cluster]);
}

export function classHex(evaluation: ReportEvaluation): string[] {
  return classColours(evaluation).map(hexOf);
}

/** The name given to a cluster, else that of the class it is matched to. */
function clusterName({ clusters, evaluation }: RunReport, id: number): string | undefined {
  const given = clusters.find((cluster) => cluster.id === id)?.name;
  return given ?? evaluation?.classes[evaluation.matching[id]];
}

/** `3 · road`, or `Cluster 3` when it has no name. */
export function clusterTitle(report: RunReport, id: number): string {
  const name = clusterName(report, id);
  return name === undefined ? `Cluster ${id}` : `${id} · ${name}`;
}

/** Cluster ids past the palette's size fold onto the colour they are drawn in. */
export function foldIds({ shape, data }: ClusterMap): ClusterMap {
  return { shape, data: data.map((id) => (id < 0 ? id : id % PALETTE_SIZE)) };
}
