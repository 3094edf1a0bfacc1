/**
 * Two 1x1 convolutions, their ReLUs and the sum with a skip as one operation, and its gradient as another.
 *
 * The operations are ours: `native/sub-block.cc` is compiled into the addon. `@autoregseg/orderings` uses these kernels in its
 * residual block where a backend has them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { nativeBackend, ofFloats, type OpAttribute } from './native-backend.js';
import type { Kernel } from './replace-kernel.js';

/** False on an addon that was compiled without the operations, and on a processor without AVX2. */
export function hasSubBlock(): boolean {
  return tf.tidy(() => {
    try {
      const [x, filter, bias] = [tf.ones([1, 1, 1, 32]), tf.ones([1, 1, 32, 32]), tf.mul(tf.ones([32]), -2)];
      // inner = relu(1 - 2) = 0, outer = relu(0 - 2) = 0, y = 1 + 0
      const inputs = { x, skip: x, firstBias: bias, secondBias: bias, secondFilter: filter };
      const [y] = subBlock(inputs, { keep: false }) as tf.Tensor[];
      return y.dataSync().every((value) => value === 1);
    } catch {
      return false;
    }
  });
}

/**
 * { x, skip, firstBias, secondBias, firstFilter?, secondFilter }, { keep } -> [y, inner, reached]:
 *
 *   inner = relu(x firstFilter + firstBias), or relu(x + firstBias) without a first filter
 *   outer = relu(inner secondFilter + secondBias)
 *   y = widened skip + outer
 *
 * Maps are [N, H, W, C], channels multiples of 32; with a first filter, skip must be x. `reached`, boolean, says where
 * outer is above 0; it and inner are empty unless kept.
 */
export const subBlock: Kernel<tf.Tensor[]> = (inputs, { keep }) => {
  const { x, skip, firstBias, secondBias } = inputs;
  const filters = present(inputs, ['firstFilter', 'secondFilter']);
  const { TF_ATTR_BOOL } = nativeBackend().binding;
  const attributes = [...countOf(filters), { name: 'keep', type: TF_ATTR_BOOL, value: keep as boolean }];
  const operands = [x, skip, firstBias, secondBias, ...filters];
  return nativeBackend().executeMultipleOutputs('AutoregsegSubBlock', attributes, operands, 3);
};

/**
 * { dy, reached, x?, inner, firstFilter?, secondFilter } -> the slopes of [x, firstBias, secondBias, firstFilter?, secondFilter]
 *
 * With a first filter that of x counts the skip too; without one, that of a skip is dy.
 */
export const subBlockGrad: Kernel<tf.Tensor[]> = (inputs) => {
  const { dy, reached } = inputs;
  const filters = present(inputs, ['firstFilter', 'secondFilter']);
  const multiplied = present(inputs, ['x', 'inner']);
  const operands = [dy, reached, ...multiplied, ...filters];
  return nativeBackend().executeMultipleOutputs(
    'AutoregsegSubBlockGrad',
    countOf(filters),
    operands,
    3 + filters.length,
  );
};

function present(inputs: tf.NamedTensorMap, names: readonly string[]): tf.Tensor[] {
  return names.map((name) => inputs[name]).filter((tensor) => tensor !== undefined);
}

function countOf(filters: readonly tf.Tensor[]): OpAttribute[] {
  const backend = nativeBackend();
  return [ofFloats(backend), { name: 'N', type: backend.binding.TF_ATTR_INT, value: filters.length }];
}
