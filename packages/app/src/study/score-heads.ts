/** Every head of a network on labelled images: accuracies beside the scores that need no labels. */
import type { Dataset } from '@autoregseg/data';
import { ConfusionMatrix, interpolateArgMax, matchClusters, scores } from '@autoregseg/evaluation';
import { RASTER_ORDERINGS } from '@autoregseg/orderings';
import { headMaps, meanOverOrderings, segmentingMaps, type HeadMaps } from '../inference/head-maps.js';
import { OrderingTally, type OrderingScores } from '../inference/ordering-tally.js';
import type { SegmenterModel } from '../inference/segmenter.js';
import { DISTILLED_HEAD, OVERCLUSTERING_HEAD } from '../training/heads.js';

export interface Accuracy {
  readonly oneToOne: number;
  readonly majority: number;
  readonly meanIoU: number;
}

export interface HeadScores extends OrderingScores {
  /** One unmasked pass. */
  readonly unmasked: Accuracy;
  /** The mean of the eight orderings. */
  readonly average: Accuracy;
}

/** What scoring a network gives. */
export interface ScoredHeads {
  readonly heads: Record<string, HeadScores>;
  /** Most likely cluster at each position of the stem's grid, unmasked, over all images in order: of all but the overclusters. */
  readonly partitions: Record<string, Uint8Array>;
}

interface Counts {
  readonly partition: Uint8Array[];
  readonly tally: OrderingTally;
  readonly unmasked: ConfusionMatrix;
  readonly average: ConfusionMatrix;
}

/** The name that overclusters merged into as many clusters as are wanted have among the heads. */
export const MERGED_OVERCLUSTERS = 'merged';

/**
 * @param datasets - labelled, all of the same classes; their pixels are counted together
 * @param mergedInto - [overclusters] the cluster of each, where they are scored merged as well
 */
export async function scoreHeads(
  model: SegmenterModel,
  datasets: readonly Dataset[],
  mergedInto?: Int32Array,
): Promise<ScoredHeads> {
  const classes = datasets[0].classes.length;
  const counts = new Map<string, Counts>();
  for (const dataset of datasets) {
    for await (const { image, label } of dataset) {
      const own = await headMaps(model, image);
      const merged = mergedInto && { [MERGED_OVERCLUSTERS]: segmentingMaps(mergedModel(mergedInto), own) };
      for (const [head, maps] of Object.entries({ ...own, ...merged })) {
        const known = counts.get(head) ?? emptyCounts(maps.clusters, classes);
        counts.set(head, known);
        known.tally.add(maps.orderings);
        const segment = (data: Float32Array, [height, width]: readonly number[] = [maps.height, maps.width]) =>
          interpolateArgMax(gridOf(maps, data), height, width).ids;
        known.partition.push(Uint8Array.from(segment(maps.unmasked)));
        if (!label) continue;
        known.unmasked.add(segment(maps.unmasked, image.shape), label, dataset.ignoreId);
        known.average.add(segment(meanOverOrderings(maps), image.shape), label, dataset.ignoreId);
      }
    }
  }
  const entries = [...counts];
  return {
    heads: Object.fromEntries(
      entries.map(([head, { tally, unmasked, average }]) => [
        head,
        { ...tally.scores(), unmasked: accuracyOf(unmasked), average: accuracyOf(average) },
      ]),
    ),
    partitions: Object.fromEntries(
      entries.flatMap(([head, { partition }]) =>
        head === OVERCLUSTERING_HEAD ? [] : [[head, new Uint8Array(Buffer.concat(partition))]],
      ),
    ),
  };
}

/** Neither the overclusters, nor what they were merged into, nor what was distilled. */
export function isMainHead(head: string): boolean {
  return head !== OVERCLUSTERING_HEAD && head !== MERGED_OVERCLUSTERS && head !== DISTILLED_HEAD;
}

function mergedModel(groups: Int32Array) {
  return { head: OVERCLUSTERING_HEAD, groups, clusters: Math.max(...groups) + 1 };
}

function emptyCounts(clusters: number, classes: number): Counts {
  return {
    partition: [],
    tally: new OrderingTally(RASTER_ORDERINGS.length, clusters),
    unmasked: new ConfusionMatrix(clusters, classes),
    average: new ConfusionMatrix(clusters, classes),
  };
}

function gridOf({ height, width, clusters }: HeadMaps, data: Float32Array) {
  return { shape: [height, width, clusters] as const, data };
}

function accuracyOf(confusion: ConfusionMatrix): Accuracy {
  const oneToOne = scores(confusion, matchClusters(confusion, 'one-to-one'));
  const majority = scores(confusion, matchClusters(confusion, 'majority'));
  return { oneToOne: oneToOne.pixelAccuracy, majority: majority.pixelAccuracy, meanIoU: oneToOne.meanIoU };
}
