/** The engine that tests run on; a suite calls it once in beforeAll. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of all kernels, which tfjs-core alone does not.
import '@tensorflow/tfjs-layers';

export async function useTestEngine(): Promise<void> {
  await tf.setBackend('cpu');
  await tf.ready();
}
