/** The engine that tests run on; a suite calls it once in beforeAll. */
import '@tensorflow/tfjs-backend-cpu';
import { useEngine, type EnginePreference } from '@autoregseg/engine';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of all kernels, which tfjs-core alone does not.
import '@tensorflow/tfjs-layers';

/** The engine named by AUTOREGSEG_TEST_ENGINE; by default the plain cpu backend, the reference of all others. */
export async function useTestEngine(): Promise<void> {
  const name = process.env.AUTOREGSEG_TEST_ENGINE as EnginePreference | undefined;
  if (name !== undefined) {
    await useEngine(name);
    return;
  }
  await tf.setBackend('cpu');
  await tf.ready();
}

/** Sets native TensorFlow, whatever engine the other suites run on. @returns why it cannot run; '' when it does */
export async function useNativeEngine(): Promise<string> {
  try {
    await useEngine('native');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
