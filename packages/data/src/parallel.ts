/** Work spread over child processes: each takes the next item as soon as it is free. */
import type { ChildChannel } from './child-channel.js';

export interface ParallelOptions {
  readonly workers: number;
  /** A channel to a new child. */
  readonly open: () => ChildChannel;
  /** Once aborted no further item is begun; those under way are finished. */
  readonly signal?: AbortSignal;
}

/**
 * Does all items, `workers` of them at a time; the children are ended with the work.
 *
 * @param action - handles one item; must look at the signal itself where an item takes long
 */
export async function forEachParallel<Item>(
  items: readonly Item[],
  { workers, open, signal }: ParallelOptions,
  action: (item: Item, channel: ChildChannel) => Promise<void>,
): Promise<void> {
  let begun = 0;
  const work = async () => {
    const channel = open();
    try {
      while (begun < items.length) {
        if (signal?.aborted) return;
        await action(items[begun++], channel);
      }
    } finally {
      await channel.close();
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(workers, items.length) }, work));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}
