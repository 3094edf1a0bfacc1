/**
 * What goes on beside computing: the next image is read while this one is computed, and written while the next is.
 */

/** The same items in the same order; the one after next is asked for while the next is in use. */
export async function* readAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const ask = () => {
    const answer = iterator.next();
    // A failure is thrown where the item is wanted.
    answer.catch(() => undefined);
    return answer;
  };
  let coming = ask();
  try {
    for (;;) {
      const { done, value } = await coming;
      if (done) return;
      coming = ask();
      // The read has to be under way before computing takes the thread.
      await new Promise(setImmediate);
      yield value;
    }
  } finally {
    await coming.catch(() => undefined);
    await iterator.return?.();
  }
}

/** Work that is done behind the caller, a few pieces at a time. */
export class WorkBehind {
  private readonly underWay = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;

  /** @param most - pieces under way at once */
  constructor(private readonly most: number) {}

  /** Begins a piece, and waits while there are too many. @throws what an earlier piece threw */
  async add(work: () => Promise<void>): Promise<void> {
    this.check();
    const piece: Promise<void> = work()
      .catch((error: unknown) => void (this.failure ??= { error }))
      .finally(() => this.underWay.delete(piece));
    this.underWay.add(piece);
    if (this.underWay.size >= this.most) await Promise.race(this.underWay);
    this.check();
  }

  /** Waits for all. @throws what a piece threw */
  async settle(): Promise<void> {
    await Promise.all(this.underWay);
    this.check();
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}
