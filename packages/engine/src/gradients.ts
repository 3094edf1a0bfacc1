/**
 * The gradients and chained methods of tfjs-core, which its entry point leaves out.
 *
 * `@tensorflow/tfjs-core` alone answers "gradient function not found for Sum": its gradients come with `@tensorflow/tfjs`
 * (141 MB) or lie in deep modules whose extensionless imports plain Node refuses. This package bundles those modules, so
 * that they register in Node and in bundlers alike. The registries sit on globalThis: one registration serves every copy
 * of tfjs-core in the process.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerLeanGradients } from './lean-gradients.js';
import { installLeanTape } from './lean-tape.js';

/**
 * Registers the gradient of every kernel of tfjs-core and the chained methods (`x.add(y)`), then the cheaper formulas of
 * `lean-gradients.ts` over some of them and the tape of `lean-tape.ts` that frees early.
 *
 * What `@tensorflow/tfjs` or an earlier call has registered is not loaded twice. A copy of tfjs loaded later brings its
 * own formulas back: results stay the same, the saving is lost until the next call.
 *
 * @example
 * await registerGradients();
 * tf.grad((x: tf.Tensor) => tf.sum(tf.square(x)))(tf.tensor1d([3])).print(); // Tensor [6]
 */
export async function registerGradients(): Promise<void> {
  if (!tf.getGradient('Conv2D')) await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  if (!('add' in tf.Tensor.prototype)) {
    await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js');
  }
  registerLeanGradients();
  installLeanTape();
}
