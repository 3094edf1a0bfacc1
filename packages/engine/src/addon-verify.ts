/**
 * Proof that an addon computes, in a process of its own: a library made for another processor ends its process.
 *
 *   [1 2] [5 6]   [19 22]      image 1..9 (3x3), kernel [1 2] valid; gradients of the sum of the output:
 *   [3 4] [7 8] = [43 50]                              [3 4]
 *                              kernel [12 16]   image [1  3 2]
 *                                     [24 28]         [4 10 6]
 *                                                     [3  7 4]
 */
import { EngineInstallError } from './install-error.js';
import type { NativePackage } from './native-package.js';
import { lastLines, runCommand } from './run-command.js';

/** What the addon said of itself while it was verified. */
export interface Verification {
  readonly libtensorflow: string;
  readonly device: 'cpu' | 'gpu';
}

/** Plain CommonJS, since the process has no loader for TypeScript; the package's own entry would look for a linked addon. */
const PROGRAM = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  const [folder, name, addon] = process.argv.slice(1);
  const load = require('node:module').createRequire(folder + '/package.json');
  const tf = load('@tensorflow/tfjs');
  load('./dist/register_all_kernels.js');
  const { NodeJSKernelBackend } = load('./dist/nodejs_kernel_backend.js');
  const backend = new NodeJSKernelBackend(load(addon), name);
  tf.registerBackend('tensorflow', () => backend, 3);
  tf.setBackend('tensorflow');

  const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
  const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const kernel = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
  const gradients = tf.grads((x, k) => tf.sum(tf.conv2d(x, k, 1, 'valid')))([image, kernel]);
  const found = [product, ...gradients].map((tensor) => [...tensor.dataSync()].join(' ')).join(', ');
  const device = backend.isUsingGpuDevice ? 'gpu' : 'cpu';
  console.log(JSON.stringify({ found, libtensorflow: backend.binding.TF_Version, device }));
`;

const EXPECTED = '19 22 43 50, 1 3 2 4 10 6 3 7 4, 12 16 24 28';

/**
 * Runs one matMul and one convolution's gradients on the addon and compares them with the numbers above.
 *
 * @throws EngineInstallError when the addon does not load, dies or computes something else
 */
export async function verifyAddon(
  { folder, name }: Pick<NativePackage, 'folder' | 'name'>,
  addon: string,
  abort?: AbortSignal,
): Promise<Verification> {
  const env = { TF_CPP_MIN_LOG_LEVEL: '3' };
  const result = await runCommand(process.execPath, ['--eval', PROGRAM, folder, name, addon], { env, abort });
  if (result?.code !== 0) {
    const how =
      result === undefined ? 'cannot be started' : `ended with ${result.signal ?? result.code} (${lastLines(result)})`;
    const cure = /SIGILL|SIGABRT/.test(how)
      ? 'Use the wasm engine: this processor lacks the instructions (AVX) that TensorFlow is built for'
      : 'Install again, or use the wasm engine';
    throw new EngineInstallError('verify', `native TensorFlow ${how}`, cure);
  }
  const { found, libtensorflow, device } = JSON.parse(result.stdout) as Verification & { readonly found: string };
  if (found !== EXPECTED) {
    throw new EngineInstallError('verify', `it computes ${found}, must be ${EXPECTED}`, 'Use the wasm engine');
  }
  return { libtensorflow, device };
}
