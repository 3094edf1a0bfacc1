/**
 * The mean over a square window at a cost that the window's size does not change: an operation of ours, compiled into the addon
 * from `native/box-filter.cc`. `@autoregseg/losses` uses the kernel where a backend has it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { execute, nativeBackend } from './native-backend.js';
import type { Kernel } from './replace-kernel.js';

/** False on an addon that was compiled without the operation. */
export function hasBoxFilter(): boolean {
  return tf.tidy(() => {
    try {
      return boxFilter({ x: tf.ones([1, 1, 1, 1]) }, { halfWindow: 1 }).dataSync()[0] > 0.1; // a ninth
    } catch {
      return false;
    }
  });
}

/** { x [N,H,W,K] }, { halfWindow: T } -> the mean over the (2 T + 1)^2 positions around each, x = 0 outside the map. */
export const boxFilter: Kernel = ({ x }, { halfWindow }) => {
  const { TF_ATTR_INT } = nativeBackend().binding;
  return execute('AutoregsegBoxFilter', [x], [{ name: 'half_window', type: TF_ATTR_INT, value: halfWindow as number }]);
};
