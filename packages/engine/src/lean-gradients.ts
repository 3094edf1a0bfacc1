/**
 * Gradients of tfjs-core in fewer passes and with less memory; the same derivatives, on every backend.
 *
 * tfjs-core keeps a copy of every input that a gradient names until the step ends, even where the formula reads its shape
 * alone (adding a bias keeps the whole map), and spreads the gradient of a mean by multiplying it with ones made in
 * JavaScript. Here:
 * - Add, Sub, Reshape, ExpandDims, PadV2, Slice, Concat, Pack keep nothing: shapes come from the tape itself;
 * - Relu keeps its output, which the next layer keeps anyway, and uses the backend's ReluGrad kernel where there is one;
 * - Sum and Mean broadcast; Tile sums (tfjs-core adds one slice per repetition);
 * - FusedBatchNorm with statistics per channel: 3 passes over the map rather than 12.
 */
import * as tf from '@tensorflow/tfjs-core';

/** The name of the kernel `ReluGrad({ dy, y }) = dy where y > 0, else 0`, which a backend may offer. */
export const RELU_GRAD = 'ReluGrad';

/** Replaces the stock gradients; does nothing to those replaced already. The stock ones must be registered. */
export function registerLeanGradients(): void {
  for (const kernelName of SHAPE_ONLY) replaceGradient(kernelName, fromShapes);
  for (const [kernelName, gradient] of Object.entries(REWRITTEN)) replaceGradient(kernelName, gradient);
}

type GradientOf = (stock: tf.GradConfig) => Omit<tf.GradConfig, 'kernelName'>;

const LEAN = Symbol.for('autoregseg.lean-gradient');

function replaceGradient(kernelName: string, gradientOf: GradientOf): void {
  const stock = tf.getGradient(kernelName);
  if (!stock)
    throw new Error(`registerLeanGradients: no gradient of '${kernelName}' is registered; call registerGradients`);
  if (LEAN in stock) return;
  tf.unregisterGradient(kernelName);
  const lean = { kernelName, ...gradientOf(stock), [LEAN]: true };
  tf.registerGradient(lean);
}

/** Kernels whose stock gradient reads nothing but the shapes of the inputs it saves. */
const SHAPE_ONLY = ['Add', 'Sub', 'Reshape', 'ExpandDims', 'PadV2', 'Slice', 'Concat', 'Pack'];

/** The stock formula, given inputs that may be disposed already: their shapes outlive them. */
function fromShapes(stock: tf.GradConfig): Omit<tf.GradConfig, 'kernelName'> {
  return {
    gradFunc: (dy, saved, attrs) => {
      const inputs = inputsOf(saved);
      const named = stock.inputsToSave?.map((name) => inputs[name]) ?? Object.values(inputs);
      return stock.gradFunc(dy, named, attrs);
    },
  };
}

/** The inputs, perhaps disposed, of the operation that owns the array `saved`. */
function inputsOf(saved: tf.Tensor[]): tf.NamedTensorMap {
  const node = tf.engine().state.activeTape.find((candidate) => candidate.saved === saved);
  if (!node) throw new Error('gradient: its operation is not on the tape of tfjs-core; is its version 4.22?');
  return node.inputs;
}

function single(tensor: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(tensor) ? tensor[0] : tensor;
}

const REWRITTEN: Readonly<Record<string, GradientOf>> = {
  Relu: () => ({
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => reluGrad(single(dy), y) }),
  }),
  Sum: () => ({
    gradFunc: (dy, saved, attrs) => {
      const { shape } = inputsOf(saved)['x'];
      return { x: () => spread(single(dy), shape, attrs['axis'] as number[]) };
    },
  }),
  Mean: () => ({
    gradFunc: (dy, saved, attrs) => {
      const { shape, size } = inputsOf(saved)['x'];
      const share = single(dy).size / size;
      return { x: () => spread(tf.mul(single(dy), share), shape, attrs['axis'] as number[]) };
    },
  }),
  Tile: () => ({
    gradFunc: (dy, saved, attrs) => {
      const { shape } = inputsOf(saved)['x'];
      return { x: () => foldTiles(single(dy), shape, attrs['reps'] as number[]) };
    },
  }),
  FusedBatchNorm: (stock) => ({
    inputsToSave: stock.inputsToSave,
    gradFunc: (dy, saved, attrs) => {
      const perChannel = saved[1].rank === 1;
      return perChannel ? batchNormGradients(single(dy), saved, attrs) : stock.gradFunc(dy, saved, attrs);
    },
  }),
};

function reluGrad(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const native = tf.getKernel(RELU_GRAD, tf.getBackend());
  return native ? tf.engine().runKernel(RELU_GRAD, { dy, y }) : tf.mul(dy, tf.cast(tf.step(y), 'float32'));
}

/** The gradient of a sum over `axis`: dy repeated along it. */
function spread(dy: tf.Tensor, shape: number[], axis: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, shape);
  const kept = shape.map((size, dimension) => (axes.includes(dimension) ? 1 : size));
  return tf.broadcastTo(tf.reshape(tf.cast(dy, 'float32'), kept), shape);
}

/** The gradient of tiling `shape` by `reps`: the sum over the repetitions. */
function foldTiles(dy: tf.Tensor, shape: number[], reps: number[]): tf.Tensor {
  const split: number[] = []; // each repeated dimension as [repetitions, size]
  const repetitions: number[] = [];
  shape.forEach((size, dimension) => {
    if (reps[dimension] !== 1) repetitions.push(split.push(reps[dimension]) - 1);
    if (reps[dimension] === 1 || size !== 1) split.push(size);
  });
  return tf.reshape(tf.sum(tf.reshape(dy, split), repetitions), shape);
}

/**
 * y = scale (x - mean) inv + offset with inv = 1 / sqrt(variance + epsilon), all but x and y per channel:
 *   dx = dy scale inv,  doffset = sum dy,  dmean = -scale inv sum dy,
 *   dscale = inv sum dy (x - mean),  dvariance = -1/2 scale inv^3 sum dy (x - mean)
 */
function batchNormGradients(dy: tf.Tensor, saved: tf.Tensor[], attrs: tf.NamedAttrMap): ReturnType<tf.GradFunc> {
  const [x, mean, variance, scale = tf.scalar(1)] = saved;
  const leading = x.shape.slice(0, -1).map((_, dimension) => dimension);
  const inv = tf.rsqrt(tf.add(variance, attrs['varianceEpsilon'] as number)); // [C]
  const gain = tf.mul(inv, scale); // [C]
  const total = tf.sum(dy, leading); // [C]
  const centred = tf.tidy(() => tf.sum(tf.mul(dy, tf.sub(x, mean)), leading)); // [C]
  return {
    x: () => tf.mul(dy, gain),
    mean: () => tf.neg(tf.mul(gain, total)),
    variance: () => tf.mul(tf.mul(tf.mul(gain, tf.square(inv)), centred), -0.5),
    scale: () => tf.mul(inv, centred),
    offset: () => tf.clone(total),
  };
}
