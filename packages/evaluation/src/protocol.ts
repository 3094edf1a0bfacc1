/**
 * The protocol of a score: every choice that moves the number, kept and printed with it.
 */
import type { ConfusionMatrix } from './confusion-matrix.js';
import { matchClusters, type Matching } from './match-clusters.js';
import { scores, type Scores } from './scores.js';

/** What must be equal before two scores may be compared; a method adds choices of its own by name. */
export interface Protocol {
  /** What was scored, in words: 'K-means on pixels'. */
  readonly method: string;
  /** The images whose labels were compared. */
  readonly dataset: string;
  /** How many of them. */
  readonly images: number;
  /** The images that the method learned from, labels unseen. */
  readonly trainedOn: string;
  /** 'none' where a method names classes itself. */
  readonly matching: Matching | 'none';
  /** The images whose labels decided which cluster is which class. */
  readonly matchedOn: string;
  /** The label id that is not scored; null when all are. */
  readonly ignoreId: number | null;
  readonly clusters: number;
  readonly classes: number;
  /** The size at which pixels were compared: '128x128', 'of each label'. */
  readonly resolution: string;
  readonly seed: number;
  readonly [choice: string]: string | number | boolean | null;
}

/** The protocol of a method whose clusters have to be matched to classes. */
export type MatchedProtocol = Protocol & { readonly matching: Matching };

/** Scores with all that is needed to check them; `JSON.stringify` keeps everything, NaN as null. */
export interface Evaluation extends Scores {
  readonly protocol: Protocol;
  /** Pixels scored. */
  readonly pixels: number;
  /** [clusters], the class of each cluster, -1 where unmatched. */
  readonly matching: readonly number[];
  /** [clusters][classes], pixels. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Matches the clusters as the protocol says, then scores.
 *
 * @param matchOn - the confusion with the labels that decide which cluster is which class; by default what is scored
 * @throws RangeError when the sizes of confusion and protocol differ
 */
export function evaluateConfusion(
  confusion: ConfusionMatrix,
  protocol: MatchedProtocol,
  matchOn: ConfusionMatrix = confusion,
): Evaluation {
  return evaluateMatched(confusion, protocol, matchClusters(matchOn, protocol.matching));
}

/**
 * Scores clusters whose classes are known already, such as by names that a person gave them.
 *
 * @param matching - [clusters], the class of each cluster, -1 where it has none
 * @throws RangeError when the sizes of confusion, protocol and matching differ
 */
export function evaluateMatched(
  confusion: ConfusionMatrix,
  protocol: Protocol,
  matching: ArrayLike<number>,
): Evaluation {
  const { clusters, classes } = protocol;
  if (confusion.clusters !== clusters || confusion.classes !== classes) {
    throw new RangeError(
      `evaluateConfusion: the protocol has ${clusters} clusters and ${classes} classes, ` +
        `the confusion ${confusion.clusters} and ${confusion.classes}`,
    );
  }
  return {
    protocol,
    pixels: confusion.pixels,
    ...scores(confusion, matching),
    matching: Array.from(matching),
    confusion: confusion.toJSON(),
  };
}

/**
 * The protocol in lines of `name: value`.
 *
 * @example console.log(formatProtocol(protocol)); // method: K-means on pixels ...
 */
export function formatProtocol(protocol: Protocol): string {
  const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return Object.entries(protocol)
    .map(([name, value]) => `${words(name)}: ${value ?? 'none'}`)
    .join('\n');
}
