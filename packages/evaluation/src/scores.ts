/**
 * Scores of a segmentation whose clusters have been matched to classes.
 */
import type { ConfusionMatrix } from './confusion-matrix.js';

/** All are shares, 0 to 1; NaN (null in JSON) where there is nothing to divide by. */
export interface Scores {
  /** Pixels whose cluster is matched to their class, of all counted pixels. */
  readonly pixelAccuracy: number;
  /** Mean of `iou` over the classes that occur in the ground truth. */
  readonly meanIoU: number;
  /** Mean over the classes that occur in the ground truth of the share of their pixels that is right. */
  readonly classAccuracy: number;
  /** [classes], intersection over union of each; NaN for a class that the ground truth never shows. */
  readonly iou: readonly number[];
}

/**
 * Pixel accuracy, mean class accuracy and intersection over union.
 *
 *   iou[c] = right[c] / (truth[c] + predicted[c] - right[c])
 *
 * The pixels of an unmatched cluster (-1) are wrong, and predicted as no class. A class that the ground truth never shows
 * is left out of both means, even where it is predicted.
 *
 * @param matching - [clusters], the class of each cluster or -1, as of `matchClusters`
 * @throws RangeError when the matching has another length or a class out of range
 * @example
 * const confusion = new ConfusionMatrix(2, 2).add([0, 0, 0, 1], [0, 0, 1, 1]);
 * scores(confusion, Int32Array.of(0, 1)).pixelAccuracy; // 0.75
 */
export function scores(confusion: ConfusionMatrix, matching: ArrayLike<number>): Scores {
  const { clusters, classes, counts } = confusion;
  checkMatching(confusion, matching);
  const truth = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  const right = new Float64Array(classes);
  for (let cluster = 0; cluster < clusters; cluster++) {
    for (let classId = 0; classId < classes; classId++) {
      const count = counts[cluster * classes + classId];
      truth[classId] += count;
      if (matching[cluster] !== -1) predicted[matching[cluster]] += count;
      if (matching[cluster] === classId) right[classId] += count;
    }
  }
  const shown = [...truth.keys()].filter((classId) => truth[classId] > 0);
  const iou = Array.from(truth, (size, c) => (size > 0 ? right[c] / (size + predicted[c] - right[c]) : Number.NaN));
  return {
    pixelAccuracy: sum(right) / sum(truth),
    meanIoU: mean(shown.map((classId) => iou[classId])),
    classAccuracy: mean(shown.map((classId) => right[classId] / truth[classId])),
    iou,
  };
}

function checkMatching({ clusters, classes }: ConfusionMatrix, matching: ArrayLike<number>): void {
  if (matching.length !== clusters) {
    throw new RangeError(
      `scores: matching must have one class for each of ${clusters} clusters, got ${matching.length}`,
    );
  }
  const fault = Array.from(matching).find((id) => !Number.isInteger(id) || id < -1 || id >= classes);
  if (fault !== undefined) {
    throw new RangeError(`scores: matching must hold classes from 0 to ${classes - 1}, or -1, got ${fault}`);
  }
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0);
}

/** NaN for no values. */
function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
