/**
 * Protocols of scoring: which labels decide which cluster is which class, and which checkpoint is shown.
 *
 * The published numbers of [1] are those of the best epoch by the labels that they are scored on (its training logs say so,
 * and its code compares label accuracy). Here the last checkpoint is the result; the best by loss stands beside it, and the
 * best by labels only under the name of what it is: an oracle.
 *
 * [1] Ji, Henriques, Vedaldi. Invariant Information Clustering. ICCV 2019.
 */

export interface ScoringProtocol {
  readonly name: 'iic' | 'held-out';
  readonly description: string;
  /** The images whose labels match clusters to classes. */
  readonly matchedOn: 'the images it is scored on' | 'the training images';
  /** Whether training sees the images that are scored, labels apart. */
  readonly scoresTrainingImages: boolean;
  /** Which checkpoints are shown, the result first. */
  readonly checkpoints: readonly ('last' | 'best by loss' | 'oracle')[];
}

const CHECKPOINTS = ['last', 'best by loss', 'oracle'] as const;

export const PROTOCOLS = {
  iic: {
    name: 'iic',
    description: 'trained, matched and scored on all labelled images, as IIC and its followers do',
    matchedOn: 'the images it is scored on',
    scoresTrainingImages: true,
    checkpoints: CHECKPOINTS,
  },
  'held-out': {
    name: 'held-out',
    description:
      'matched on the labels of the training images, scored on images that neither training nor matching saw',
    matchedOn: 'the training images',
    scoresTrainingImages: false,
    checkpoints: CHECKPOINTS,
  },
} as const satisfies Record<string, ScoringProtocol>;

export type ProtocolName = keyof typeof PROTOCOLS;
