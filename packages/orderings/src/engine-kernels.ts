/** Kernels that an engine may bring beside those of TensorFlow.js: `@autoregseg/engine` does to native TensorFlow. */
import * as tf from '@tensorflow/tfjs-core';

/** Channels come in as many: what the widest vectors hold, twice. */
const CHANNEL_MULTIPLE = 32;

/** Whether the engine has the kernel, and takes maps with these numbers of channels. */
export function hasEngineKernel(name: string, ...channels: number[]): boolean {
  return channels.every((count) => count % CHANNEL_MULTIPLE === 0) && tf.getKernel(name, tf.getBackend()) !== undefined;
}
