/**
 * The convolution that a mask leaves, over the taps that are used and no others, and its gradient in the filter.
 *
 * The operations are ours: `native/tap-convolution.cc` is compiled into the addon. `@autoregseg/orderings` uses these kernels in
 * its masked convolution where a backend has them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { execute, nativeBackend, type OpAttribute } from './native-backend.js';
import type { Kernel } from './replace-kernel.js';

/** False on an addon that was compiled without the operations, and on a processor without AVX2. */
export function hasTapConvolution(): boolean {
  return tf.tidy(() => {
    try {
      const attrs = { taps: [0, -1, 0], transposed: false };
      const y = tapConvolution({ x: tf.ones([1, 2, 1, 32]), filter: tf.ones([1, 1, 32, 32]) }, attrs);
      // The first row sees what lies above the map.
      return y.dataSync().every((value, index) => value === (index < 32 ? 0 : 32));
    } catch {
      return false;
    }
  });
}

/**
 * { x [N,H,W,C], filter [kh,kw,C,D] }, { taps, transposed } -> [N,H,W,D]:
 *
 *   y[n, r, c] = sum over taps t of x[n, r + row(t), c + column(t)] filter[index(t)],   x = 0 outside the map
 *
 * Channels are multiples of 32. taps: for each its index in the filter, its row and its column. Transposed: the gradient in x,
 * of { x: dy, filter } -> [N,H,W,C].
 */
export const tapConvolution: Kernel = ({ x, filter }, { taps, transposed }) => {
  const { TF_ATTR_BOOL } = nativeBackend().binding;
  return execute(
    'AutoregsegTapConvolution',
    [x, filter],
    [integers('taps', taps as number[]), { name: 'transposed', type: TF_ATTR_BOOL, value: transposed as boolean }],
  );
};

/** { x [N,H,W,C], dy [N,H,W,D] }, { taps, filterShape } -> the slope of the filter, [kh,kw,C,D], 0 at taps that are not used. */
export const tapFilterGrad: Kernel = ({ x, dy }, { taps, filterShape }) => {
  const [height, width] = filterShape as number[];
  return execute(
    'AutoregsegTapFilterGrad',
    [x, dy],
    [integers('taps', taps as number[]), integers('height', height), integers('width', width)],
  );
};

function integers(name: string, value: number | readonly number[]): OpAttribute {
  return { name, type: nativeBackend().binding.TF_ATTR_INT, value };
}
