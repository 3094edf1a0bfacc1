/**
 * What @autoregseg/engine adds to a backend, operation by operation: gradients timed with it and on plain TensorFlow.js.
 *
 *     node tools/bench/kernels.mjs --engine wasm|native [--rounds 3]
 *
 * Each side runs in a process of its own, by turns; a time is the fastest of all repetitions, since other work on the
 * machine only adds. Needs the engine package built. The table goes to stdout: milliseconds, 10 maps of 64 x 64 x 64.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {typeof import('@tensorflow/tfjs-core')} TensorFlow */
/** @typedef {import('@tensorflow/tfjs-core').Tensor} Tensor */

const require = createRequire(new URL('../../packages/engine/package.json', import.meta.url));
const REPETITIONS = 5;
const MAP = [10, 64, 64, 64];

/**
 * Name, shapes of the inputs, operation, and whether its gradients or itself is timed. Inputs are `any`: each operation wants
 * tensors of ranks of its own, which one type of a row cannot say.
 * @param {TensorFlow} tf
 * @returns {[string, number[][], (...inputs: any[]) => Tensor, 'gradient' | 'value'][]}
 */
const operations = (tf) => [
  ['convolution 3x3', [MAP, [3, 3, 64, 64]], (x, w) => tf.conv2d(x, w, 1, 'same'), 'value'],
  ['gradients of convolution 3x3', [MAP, [3, 3, 64, 64]], (x, w) => tf.conv2d(x, w, 1, 'same'), 'gradient'],
  ['gradients of convolution 3x3, stride 2', [MAP, [3, 3, 64, 64]], (x, w) => tf.conv2d(x, w, 2, 'same'), 'gradient'],
  ['gradients of convolution 1x1', [MAP, [1, 1, 64, 64]], (x, w) => tf.conv2d(x, w, 1, 'same'), 'gradient'],
  ['gradients of bias and relu', [MAP, [64]], (x, b) => tf.relu(tf.add(x, b)), 'gradient'],
  ['gradients of mean and variance', [MAP], (x) => tf.moments(x, [0, 1, 2]).variance, 'gradient'],
  ['gradients of batch norm', [MAP, [64], [64]], (x, m, g) => tf.batchNorm(x, m, tf.square(m), m, g, 0.1), 'gradient'],
  ['gradient of max pool 2x2', [MAP], (x) => tf.maxPool(x, 2, 2, 'same'), 'gradient'],
  ['gradient of softmax', [MAP], (x) => tf.softmax(x), 'gradient'],
  ['gradient of a sum to a scalar', [MAP], (x) => tf.sum(x), 'gradient'],
  ['sum over N, H, W', [MAP], (x) => tf.sum(x, [0, 1, 2]), 'value'],
  ['repetition to a map', [[1, 1, 1, 64]], (x) => tf.tile(x, [10, 64, 64, 1]), 'value'],
  ['gradient of a repetition, 20 x 20', [[1, 1, 1, 64]], (x) => tf.tile(x, [1, 20, 20, 1]), 'gradient'],
  ['product, left transposed', [[40960, 64], [40960, 64]], (a, b) => tf.matMul(a, b, true), 'value'], // prettier-ignore
  ['product of 10 pairs, right transposed', [[10, 1024, 64], [10, 1024, 64]], (a, b) => tf.matMul(a, b, false, true), 'value'], // prettier-ignore
];

/**
 * The child: times every operation on one side and prints milliseconds by name, null where it cannot be computed.
 * @param {string} engine @param {string} side
 */
async function measure(engine, side) {
  const tf = await start(engine, side);
  const times = operations(tf).map(([name, shapes, operation, what]) => {
    const inputs = shapes.map((shape, index) => tf.randomNormal(shape, 0, 1, 'float32', index + 1));
    const dy = tf.tidy(() => tf.mul(operation(...inputs), 0.5));
    const run = () => (what === 'value' ? operation(...inputs) : tf.grads(operation)(inputs, dy));
    try {
      return [name, Math.min(...Array.from({ length: REPETITIONS }, () => milliseconds(tf, run)))];
    } catch (error) {
      if (!/not registered|Cannot find registered kernel/.test(String(error))) throw error;
      return [name, null];
    } finally {
      tf.dispose([inputs, dy]);
    }
  });
  console.log(JSON.stringify(Object.fromEntries(times)));
}

/** @param {string} engine @param {string} side */
async function start(engine, side) {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  /** @type {TensorFlow} */
  const tf = require('@tensorflow/tfjs-core');
  if (side === 'engine') {
    const { useEngine } = await import(pathToFileURL(require.resolve('./dist/index.js')).href);
    await useEngine(engine);
    return tf;
  }
  require('@tensorflow/tfjs-layers'); // its gradients
  require(engine === 'native' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-backend-wasm');
  await tf.setBackend(engine === 'native' ? 'tensorflow' : 'wasm');
  return tf;
}

/** @param {TensorFlow} tf @param {() => unknown} run */
function milliseconds(tf, run) {
  const began = performance.now();
  tf.tidy(() => void run());
  return performance.now() - began;
}

/** @param {string} engine @param {number} rounds */
function compare(engine, rounds) {
  /** @typedef {Record<string, number | null>} Times */
  const best = { plain: /** @type {Times} */ ({}), engine: /** @type {Times} */ ({}) };
  for (let round = 0; round < rounds; round++) {
    for (const side of /** @type {const} */ (['plain', 'engine'])) {
      const args = [fileURLToPath(import.meta.url), '--engine', engine, '--side', side];
      const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      /** @type {Times} */
      const times = JSON.parse(output.slice(output.lastIndexOf('\n', output.length - 2) + 1));
      for (const [name, time] of Object.entries(times)) {
        best[side][name] = time === null ? null : Math.min(time, best[side][name] ?? Infinity);
      }
    }
  }
  const cell = (/** @type {number | null} */ time) => (time === null ? 'none' : time.toFixed(1)).padStart(10);
  console.log(`${engine.padEnd(40)}${'plain'.padStart(10)}${'engine'.padStart(10)}`);
  for (const [name, time] of Object.entries(best.plain)) {
    console.log(`${name.padEnd(40)}${cell(time)}${cell(best.engine[name])}`);
  }
}

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'wasm' },
    rounds: { type: 'string', default: '3' },
    side: { type: 'string' },
  },
});
if (!['wasm', 'native'].includes(values.engine)) {
  throw new RangeError(`kernels: --engine must be wasm or native, got '${values.engine}'`);
}
if (!/^[1-9]\d*$/.test(values.rounds)) {
  throw new RangeError(`kernels: --rounds must be a whole number from 1, got '${values.rounds}'`);
}
if (values.side) await measure(values.engine, values.side);
else compare(values.engine, Number(values.rounds));
