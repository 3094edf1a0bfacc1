/**
 * The WebAssembly engine: no installation, one thread, and the missing training kernels added.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { EngineDescription } from './engine-description.js';
import { registerWasmKernels } from './wasm-kernels.js';

/** Sets TensorFlow.js's wasm backend and says what runs. */
export async function startWasm(): Promise<Omit<EngineDescription, 'skipped'>> {
  const { version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm');
  if (version === undefined || !(await tf.setBackend('wasm'))) {
    throw new Error('useEngine: the wasm backend of TensorFlow.js did not start');
  }
  registerWasmKernels();
  return { name: 'wasm', backend: 'wasm', versions: { tfjs: tf.version_core }, threads: 1, device: 'cpu' };
}
