/**
 * Backpropagation that lets go of every tensor as soon as nothing needs it any more.
 *
 * tfjs-core keeps all that the forward pass saved, and the gradient of every intermediate result, until the last gradient
 * is made: at its peak a step holds two numbers for each that the forward pass needed. Here an operation's saved tensors
 * and the gradient of its output are freed once its own gradients are made, so that memory falls from the first step
 * backwards on. The derivatives are the same, operation by operation.
 *
 * Derivatives of derivatives need the tape a second time: inside another gradient the stock way is gone.
 */
import * as tf from '@tensorflow/tfjs-core';

const LEAN = Symbol.for('autoregseg.lean-tape');

type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number];

/** The engine's own methods, which its types hide. */
interface TapeEngine {
  gradients: Gradients;
  scopedRun<T>(start: () => void, end: () => void, f: () => T): T;
  startTape(): void;
  endTape(): void;
  readonly state: { gradientDepth: number; activeTape: TapeNode[] | null; readonly nextTensorId: number };
}

interface Gradients {
  (f: () => tf.Tensor, xs: tf.Tensor[], dy?: tf.Tensor, allowNoGradients?: boolean): GradientsOf;
  [LEAN]?: true;
}

interface GradientsOf {
  readonly value: tf.Tensor;
  readonly grads: tf.Tensor[];
}

/** Replaces the engine's `gradients`, which `tf.grads`, `tf.variableGrads` and optimizers call; a second call does nothing. */
export function installLeanTape(): void {
  const engine = tf.engine() as unknown as TapeEngine;
  const stock = engine.gradients;
  if (stock[LEAN]) return;
  const lean: Gradients = (f, xs, dy, allowNoGradients = false) => {
    // The stock text for arguments that nothing can be made of.
    const stockWay = engine.state.gradientDepth > 0 || xs.length === 0 || (dy && dy.dtype !== 'float32');
    if (stockWay) return stock.call(engine, f, xs, dy, allowNoGradients);
    return gradients(engine, f, xs, dy, allowNoGradients);
  };
  lean[LEAN] = true;
  engine.gradients = lean;
}

function gradients(
  engine: TapeEngine,
  f: () => tf.Tensor,
  xs: tf.Tensor[],
  dy: tf.Tensor | undefined,
  allowNone: boolean,
): GradientsOf {
  const value = engine.scopedRun(
    () => engine.startTape(),
    () => engine.endTape(),
    () => tf.tidy('forward', f),
  );
  tf.util.assert(value instanceof tf.Tensor, () => 'The result y returned by f() must be a tensor.');
  const tape = engine.state.activeTape!;
  const path = nodesBetween(tape, xs, value);
  if (path.length === 0 && !allowNone) {
    throw new Error(
      'Cannot compute gradient of y=f(x) with respect to x. Make sure that the f you passed encloses all operations ' +
        'that lead from x to y.',
    );
  }
  const onPath = new Set(path.map(({ node }) => node));
  for (const node of tape) if (!onPath.has(node)) tf.dispose(node.saved);
  return tf.tidy('backward', () => {
    const slopes = new Map([[value.id, dy ?? tf.ones(value.shape)]]);
    const kept = new Set([value.id, ...xs.map(({ id }) => id)]);
    for (const { node, inputs } of path.toReversed()) {
      const before = engine.state.nextTensorId;
      const made = inputGradients(node, inputs, slopes, before);
      tf.dispose(node.saved);
      for (const { id } of node.outputs) {
        if (kept.has(id)) continue;
        slopes.get(id)?.dispose();
        slopes.delete(id);
      }
      inputs.forEach((name, index) => accumulate(slopes, node.inputs[name].id, made[index]));
    }
    engine.state.activeTape = null;
    return { value, grads: xs.map(({ id }) => slopes.get(id) as tf.Tensor) };
  });
}

interface PathNode {
  readonly node: TapeNode;
  /** Names of the inputs that depend on an x. */
  readonly inputs: readonly string[];
}

/** The operations through which an x reaches y, in the order of the tape. */
function nodesBetween(tape: readonly TapeNode[], xs: readonly tf.Tensor[], y: tf.Tensor): PathNode[] {
  const fromX = new Set(xs.map(({ id }) => id));
  const fromXs = tape.flatMap((node) => {
    const inputs = Object.keys(node.inputs).filter((name) => fromX.has(node.inputs[name].id));
    if (inputs.length === 0) return [];
    for (const { id } of node.outputs) fromX.add(id);
    return [{ node, inputs }];
  });
  const toY = new Set([y.id]);
  const path = fromXs.toReversed().filter(({ node, inputs }) => {
    if (!node.outputs.some(({ id }) => toY.has(id))) return false;
    for (const name of inputs) toY.add(node.inputs[name].id);
    return true;
  });
  return path.toReversed();
}

/** The gradients of a node by the inputs named; each is a tensor of its own, which the caller may free. */
function inputGradients(
  node: TapeNode,
  inputs: readonly string[],
  slopes: ReadonlyMap<number, tf.Tensor>,
  firstOwnId: number,
): tf.Tensor[] {
  if (node.gradient === undefined || node.gradient === null) {
    throw new Error(`Cannot compute gradient: gradient function not found for ${node.kernelName}.`);
  }
  // An output that nothing on the path reads has none.
  const dys = node.outputs.map(({ id }) => slopes.get(id) ?? null) as tf.Tensor[];
  return tf.tidy(() => {
    const byInput = node.gradient!(dys);
    const made = new Set<tf.Tensor>();
    for (const name of inputs) {
      if (!(name in byInput)) {
        throw new Error(
          `Cannot backprop through input ${name}. Available gradients found: ${Object.keys(byInput).join()}.`,
        );
      }
      const dx = tf.tidy(() => byInput[name]());
      checkGradient(node, name, dx);
      // A gradient function may hand on what it was given, or one tensor twice: those belong to others.
      const own = dx.id >= firstOwnId && !made.has(dx);
      made.add(own ? dx : tf.clone(dx));
    }
    return [...made];
  });
}

function checkGradient({ kernelName, inputs }: TapeNode, name: string, dx: tf.Tensor): void {
  if (dx.dtype !== 'float32') {
    throw new Error(
      `Error in gradient for op ${kernelName}. The gradient of input ${name} must have 'float32' dtype, but has '${dx.dtype}'`,
    );
  }
  const { shape } = inputs[name];
  if (!tf.util.arraysEqual(dx.shape, shape)) {
    throw new Error(
      `Error in gradient for op ${kernelName}. The gradient of input '${name}' has shape '${dx.shape}', which does not ` +
        `match the shape of the input '${shape}'`,
    );
  }
}

function accumulate(slopes: Map<number, tf.Tensor>, id: number, dx: tf.Tensor): void {
  const sum = slopes.get(id);
  if (sum === undefined) {
    slopes.set(id, dx);
    return;
  }
  slopes.set(id, tf.add(sum, dx));
  tf.dispose([sum, dx]);
}
