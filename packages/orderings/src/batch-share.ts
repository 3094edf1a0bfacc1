/**
 * One part of a batch that several passes share, such as the processes of a data-parallel training.
 *
 * Batch normalisation and dropout depend on the whole batch. Told of it, a pass over a part gives what one pass over all
 * images would give for that part, and so do its gradients once those of all parts are summed.
 */
import type * as tf from '@tensorflow/tfjs-core';

export interface BatchShare {
  /** Place of this part's first image in the whole batch. */
  readonly first: number;
  /** Images of the whole batch. */
  readonly images: number;
  /**
   * Own part -> sum over all parts, each of which must ask for the same sums in the same order. Its gradient is the
   * identity: what each part computes after it is the whole's.
   */
  readonly allReduce: <T extends tf.Tensor>(own: T) => T;
}
