/** How the time of a run divides among the operations of the engine, for engines that compute while they are called. */
import * as tf from '@tensorflow/tfjs-core';

export interface OperationTime {
  /** The engine's name of it; of convolutions with the filter's size: `Conv2DBackpropFilter 3x3`. */
  readonly operation: string;
  /** Per run. */
  readonly calls: number;
  /** Per run. */
  readonly seconds: number;
  /** Of the run's whole time, in [0, 1]. */
  readonly share: number;
}

export interface OperationTimes {
  /** The longest first. Operations within an operation count as part of it. */
  readonly operations: readonly OperationTime[];
  /** Of a whole run, what lies between operations included: JavaScript and the tape. */
  readonly seconds: number;
  readonly betweenSeconds: number;
}

interface Tally {
  calls: number;
  milliseconds: number;
}

/**
 * @param runs - of `run`, over which the times are averaged
 * @throws Error on an engine that computes behind the program's back (a GPU), where a call's time says nothing
 */
export function timeOperations(run: () => void, runs: number): OperationTimes {
  const tallies = new Map<string, Tally>();
  const restore = tallyOperations(tallies);
  const started = performance.now();
  try {
    for (let i = 0; i < runs; i++) run();
  } finally {
    restore();
  }
  const seconds = (performance.now() - started) / 1000 / runs;
  const operations = [...tallies]
    .map(([operation, { calls, milliseconds }]) => {
      const each = milliseconds / 1000 / runs;
      return { operation, calls: calls / runs, seconds: each, share: each / seconds };
    })
    .sort((a, b) => b.seconds - a.seconds);
  return { operations, seconds, betweenSeconds: seconds - operations.reduce((sum, { seconds: s }) => sum + s, 0) };
}

type Call = (...args: never[]) => unknown;

/** What a call of the engine is: told from its arguments. */
type Reading = (...args: never[]) => readonly [operation: string, inputs: readonly Shaped[]];

type Timed = (read: Reading, call: Call) => Call;

/** Shapes as the engine passes them: of the inputs in its order, and of what comes out. */
interface Shapes {
  readonly inputs: readonly (readonly number[] | undefined)[];
  readonly output?: readonly number[];
}

type Shaped = { readonly shape?: readonly number[] } | undefined;

/** Replaces what calls the engine by what also takes the time; returns the way back. */
function tallyOperations(tallies: Map<string, Tally>): () => void {
  let within = false;
  const timed: Timed =
    (read, call) =>
    (...args) => {
      if (within) return call(...args);
      within = true;
      const started = performance.now();
      try {
        const output = call(...args);
        const milliseconds = performance.now() - started;
        const [operation, inputs] = read(...args);
        const shapes = { inputs: inputs.map((input) => input?.shape), output: (output as Shaped)?.shape };
        add(tallies, withFilterSize(operation, shapes), milliseconds);
        return output;
      } finally {
        within = false;
      }
    };
  const backend = tf.getBackend();
  if (backend === 'tensorflow') return timeMethods(timed);
  if (backend === 'wasm' || backend === 'cpu') return timeKernels(timed);
  throw new Error(`timeOperations: '${backend}' computes while the program goes on; use the native or the wasm engine`);
}

/** Native: every operation of TensorFlow goes through two methods of the backend. */
function timeMethods(timed: Timed): () => void {
  const backend = tf.backend() as unknown as Record<string, Call>;
  const methods = ['executeSingleOutput', 'executeMultipleOutputs'];
  const read: Reading = (operation: string, _attributes: unknown, inputs: readonly Shaped[]) => [operation, inputs];
  for (const method of methods) backend[method] = timed(read, backend[method].bind(backend));
  // They are the methods of its class: without ours it has them again.
  return () => methods.forEach((method) => delete backend[method]);
}

/** wasm and cpu: every kernel is registered by its name. */
function timeKernels(timed: Timed): () => void {
  const kernels = tf.getKernelsForBackend(tf.getBackend());
  for (const kernel of kernels) {
    const read: Reading = ({ inputs }: { readonly inputs: tf.NamedTensorInfoMap }) => [
      kernel.kernelName,
      Object.values(inputs),
    ];
    exchange({ ...kernel, kernelFunc: timed(read, kernel.kernelFunc as Call) as tf.KernelFunc });
  }
  return () => kernels.forEach(exchange);
}

function exchange(kernel: tf.KernelConfig): void {
  tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  tf.registerKernel(kernel);
}

/** Convolutions of 1x1 and of 3x3 are told apart: they are different products. */
function withFilterSize(operation: string, { inputs, output }: Shapes): string {
  if (!operation.includes('Conv2D')) return operation;
  // A filter is the second input of a convolution and of its gradient in the input, and what the other gradient gives.
  const filter = operation.includes('BackpropFilter') ? output : inputs[1];
  return filter?.length === 4 ? `${operation} ${filter[0]}x${filter[1]}` : operation;
}

function add(tallies: Map<string, Tally>, operation: string, milliseconds: number): void {
  const tally = tallies.get(operation) ?? { calls: 0, milliseconds: 0 };
  tally.calls += 1;
  tally.milliseconds += milliseconds;
  tallies.set(operation, tally);
}
