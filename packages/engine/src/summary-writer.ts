/** TensorBoard event files, which the native engine's library writes. */

/** Writes scalars for TensorBoard; the part of tfjs-node's writer that is used. */
export interface SummaryWriter {
  scalar(name: string, value: number, step: number): void;
  /** Sends what is buffered to the disk. */
  flush(): void;
}

/** tfjs-node, as far as it is used here. */
export interface NativeModule {
  readonly node: { summaryFileWriter(folder: string): SummaryWriter };
}

const LOADED = Symbol.for('autoregseg.tfjs-node');
const shared = globalThis as { [LOADED]?: NativeModule };

/** Keeps the copy of tfjs-node that runs, which a caller might not find by its name: it may lie in the cache. */
export function keepNativeModule(loaded: NativeModule): void {
  shared[LOADED] = loaded;
}

/**
 * Opens an event file in the folder.
 *
 * @returns undefined when another engine than the native one runs
 * @example openSummaryWriter('./run/tensorboard')?.scalar('loss', 0.5, 1);
 */
export function openSummaryWriter(folder: string): SummaryWriter | undefined {
  return shared[LOADED]?.node.summaryFileWriter(folder);
}
