/**
 * The processes that train one network together, as one of them sees the others.
 *
 * Every method but `abort` is a step that all processes take together, each in the same order.
 */
export interface Communicator {
  /** Of this process, from 0. The first one alone writes files. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** Replaces the values by their sums over all processes: the same bits in each. */
  allReduceSum(values: Float32Array): void;
  /** The first process's bytes, in all processes; what the others give is not looked at. */
  broadcast(bytes: Uint8Array): Uint8Array;
  /** Waits for all processes, and leaves them; nothing may be asked of them afterwards. */
  close(): void;
  /** Ends all processes at once. */
  abort(code: number): never;
}

/** A process by itself: sums are what they are. */
export const ALONE: Communicator = {
  rank: 0,
  size: 1,
  allReduceSum: () => undefined,
  broadcast: (bytes) => bytes,
  close: () => undefined,
  abort: (code) => process.exit(code),
};
